import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { hasCode } from '../../base/errors.ts';
import { type EmbeddedLog, openEmbeddedLog } from '../../log/embedded/open-embedded-log.ts';
import { openRegistryClient, type RegistryClient } from '../../log/registry/client.ts';
import { type RunningRegistry, startRegistry } from '../../log/registry/start-registry.ts';
import { avroTopics, codecOf, subjectOf } from '../../schemas/codec.ts';
import type { CounterDefinition } from '../../schemas/counter.ts';
import { counters } from '../../schemas/counters.ts';
import { hostCountersCodec } from '../../schemas/host-counters-codec.ts';
import { samples } from '../../schemas/testing/samples.ts';

/** Old and new programs on one topic, with ids and schemas that come from our registry through Confluent's client. */
const subject = subjectOf('dyno.counters.v1');
const added: CounterDefinition = { ...counters[0]!, name: 'counter_of_next_year' };
const newer = [...counters, added];
const sample = samples['dyno.counters.v1'];

let folder: string;
let log: EmbeddedLog;
let server: RunningRegistry;
let registry: RegistryClient;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dyno-evolution-'));
  log = await openEmbeddedLog({ dir: folder, clock: systemClock });
  server = await startRegistry({ log });
  registry = openRegistryClient({ url: server.url });
});

after(async () => {
  await server.close();
  await log.close();
  rmSync(folder, { recursive: true });
});

test('every topic has its schema in the registry, and gets it back letter by letter in meaning', async () => {
  for (const topic of avroTopics) {
    const { schemaJson } = codecOf(topic);
    const id = await registry.register(subjectOf(topic), schemaJson);
    assert.equal(await registry.register(subjectOf(topic), schemaJson), id);
    assert.deepEqual(JSON.parse((await registry.schemaById(id)) ?? ''), JSON.parse(schemaJson));
  }
});

test('every topic reads what it wrote with the schema that the registry answers', async () => {
  for (const topic of avroTopics) {
    const writer = codecOf(topic);
    const reader = codecOf(topic);
    const id = await registry.register(subjectOf(topic), writer.schemaJson);
    reader.addSchema(id, (await registry.schemaById(id)) ?? '');
    assert.deepEqual(reader.decode(writer.encode(samples[topic] as never, id)), samples[topic]);
  }
});

test('a program with one more counter and one without it read each other', async () => {
  const olderProgram = hostCountersCodec(counters);
  const newerProgram = hostCountersCodec(newer);
  const olderId = await registry.register(subject, olderProgram.schemaJson);
  const newerId = await registry.register(subject, newerProgram.schemaJson);
  assert.notEqual(newerId, olderId);
  olderProgram.addSchema(newerId, (await registry.schemaById(newerId)) ?? '');
  newerProgram.addSchema(olderId, (await registry.schemaById(olderId)) ?? '');

  const fromOlder = newerProgram.decode(hostCountersCodec(counters).encode(sample, olderId));
  assert.deepEqual(fromOlder.values, Float64Array.from([...sample.values, Number.NaN]));
  const full = { ...sample, values: Float64Array.from([...sample.values, 7]) };
  const fromNewer = olderProgram.decode(hostCountersCodec(newer).encode(full, newerId));
  assert.deepEqual(fromNewer, sample);
});

test('a change that old records could not be read with is refused by the registry', async () => {
  const broken = codecOf('topology.services.v1').schemaJson.replace(
    '"fields":[',
    '"fields":[{"name":"cost_center","type":"string"},',
  );
  await assert.rejects(registry.register(subjectOf('topology.services.v1'), broken), (error) =>
    hasCode(error, 'DYNO_REGISTRY_REFUSED'),
  );
});
