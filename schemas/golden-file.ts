import { readdirSync, readFileSync } from 'node:fs';
import { projectFile } from '../base/project-file.ts';
import { type AvroTopic, avroTopics, codecOf, type TopicValues } from './codec.ts';
import { samples } from './testing/samples.ts';

/** Bytes that some version of this program wrote; every later version must read them. Never edited once released. */
export interface GoldenFile {
  /** `schemas/golden/<topic>.<n>.golden` */
  readonly path: string;
  readonly topic: AvroTopic;
  readonly number: number;
  /** The writer's schema, JSON. */
  readonly schema: unknown;
  /** The record's value, prefix with schema id 1 included. */
  readonly hex: string;
}

const folder = 'schemas/golden';

/** All golden files, oldest first for each topic. */
export function goldenFiles(): GoldenFile[] {
  return readdirSync(projectFile(folder))
    .flatMap((name) => {
      const match = /^(.+)\.(\d+)\.golden$/.exec(name);
      const topic = avroTopics.find((known) => known === match?.[1]);
      if (match === null || topic === undefined) return [];
      const path = `${folder}/${name}`;
      const content = JSON.parse(readFileSync(projectFile(path), 'utf8')) as { schema: unknown; hex: string };
      return [{ path, topic, number: Number(match[2]), ...content }];
    })
    .sort((a, b) => a.number - b.number);
}

/** The file that has to be added for each topic whose schema is not that of its newest golden file. */
export function missingGoldenFiles(): ReadonlyMap<string, string> {
  const known = goldenFiles();
  const missing = new Map<string, string>();
  for (const topic of avroTopics) {
    const newest = known.findLast((file) => file.topic === topic);
    const { schemaJson, hex } = goldenOf(topic);
    if (JSON.stringify(newest?.schema) === schemaJson) continue;
    const path = `${folder}/${topic}.${(newest?.number ?? 0) + 1}.golden`;
    missing.set(path, `${JSON.stringify({ hex, schema: JSON.parse(schemaJson) }, undefined, 1)}\n`);
  }
  return missing;
}

/** The sample of a topic as this version writes it. */
export function goldenOf<T extends AvroTopic>(topic: T): { readonly schemaJson: string; readonly hex: string } {
  const codec = codecOf(topic);
  const sample: TopicValues[T] = samples[topic];
  return { schemaJson: codec.schemaJson, hex: codec.encode(sample, 1).toString('hex') };
}
