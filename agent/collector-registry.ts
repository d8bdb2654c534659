import { readdir } from 'node:fs/promises';
import { DynoError } from '../base/errors.ts';
import type { Collector } from './collector.ts';

const folder = new URL('./collectors/', import.meta.url);

/** Every collector of `agent/collectors/`, by name: a file there is all it takes to add one. */
export async function loadCollectors(): Promise<readonly Collector[]> {
  const files = (await readdir(folder)).filter((file) => /^[a-z0-9-]+\.(js|ts)$/.test(file)).sort();
  return Promise.all(files.map(loadCollector));
}

async function loadCollector(file: string): Promise<Collector> {
  const module: { default?: unknown } = await import(new URL(file, folder).href);
  return collectorOf(file, module.default);
}

/** The collector that a file exports, or an error that says what is wrong with it. */
export function collectorOf(file: string, exported: unknown): Collector {
  const expected = file.replace(/\.(js|ts)$/, '');
  if (!isCollector(exported) || exported.name !== expected) {
    const found = isCollector(exported) ? `a collector named "${exported.name}"` : 'none';
    throw new DynoError(
      'DYNO_AGENT_COLLECTOR_MISNAMED',
      `agent/collectors/${expected} must have a collector named "${expected}" as its default export, but has ${found}; ` +
        'name the collector after its file, with defineCollector({ name, … })',
      { details: { file, expected } },
    );
  }
  return exported;
}

const isCollector = (value: unknown): value is Collector =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'start' in value &&
  typeof value.start === 'function';
