import { deepEqual, equal, ok } from 'node:assert/strict';
import { partitionOf } from '../../../log/partitioner.ts';
import { openRegistryClient } from '../../../log/registry/client.ts';
import { countersTopic } from '../../../pipelines/windows.ts';
import { subjectOf } from '../../../schemas/codec.ts';
import type { CounterDefinition } from '../../../schemas/counter.ts';
import { counters } from '../../../schemas/counters.ts';
import { hostCountersCodec } from '../../../schemas/host-counters-codec.ts';
import { partitions } from '../../system/on-kafka.ts';
import { until } from '../../system/running.ts';
import type { KafkaWorld } from './kafka-world.ts';

/** Its agent is of the next version: one counter more. */
const newHost = 'newer-agent.example';
const added: CounterDefinition = { ...counters[0]!, name: 'counter_of_next_year' };
const toldMs = 30_000;

/** A worker that starts without a registry waits for it, and then does all that was left undone. */
export async function registryAwayAtStart(world: KafkaWorld): Promise<void> {
  await world.registry.close();
  const worker = world.addWorker();
  await until('word of the worker that it waits', toldMs, async () =>
    /waits and tries again: .*registry/.test(worker.stderr) ? true : undefined,
  );
  deepEqual(await world.positions(), Array(partitions).fill(0), 'nothing was read yet');
  await world.registry.reopen();
  await world.goesOn('the registry was there');
  ok(worker.running, worker.stderr);
}

/**
 * Records of a schema that no worker knows yet come while the registry is away: their partition waits before the first
 * of them, and they are counted like others when it is back.
 */
export async function registryAwayMidStream(world: KafkaWorld): Promise<void> {
  const codec = hostCountersCodec([...counters, added]);
  const registry = openRegistryClient({ url: world.registry.url });
  const schemaId = await registry.register(subjectOf('dyno.counters.v1'), codec.schemaJson);
  await world.registry.close();
  const partition = partitionOf(newHost, partitions);
  const endMs = Math.floor(Date.now() / 1_000) * 1_000;
  const values = new Float64Array(counters.length + 1).fill(0.5);
  const producer = await world.log.producer();
  const before = (await world.log.topicState(countersTopic)).endOffsets[partition]!;
  // Some of them come after the other hosts of the partition have closed their second.
  await producer.send(
    Array.from({ length: 8 }, (_, i) => {
      const sample = { host: newHost, timeMs: endMs - i * 1_000, intervalMs: 1_000, sequence: i, values };
      const value = codec.encode(sample, schemaId);
      return { topic: countersTopic, partition, key: Buffer.from(newHost), value };
    }),
  );
  await producer.close();
  await until('word of a worker that its task waits', toldMs, async () =>
    world.workers.some(({ stderr }) => /"event":"task_waits".*registry/.test(stderr)) ? true : undefined,
  );
  const position = (await world.positions())[partition]!;
  ok(position <= before + feedMax, `the partition went on to ${position}, past records that nobody could read`);
  await world.registry.reopen();
  await world.goesOn('the registry was back');
  const { endOffsets } = await world.log.topicState('dyno.counters.v1.dlq');
  equal(Math.max(...endOffsets), 0, 'an outage is no reason to reject a record');
}

/** Records of the fleet that may come between the look at the end and the first record of the new schema. */
const feedMax = 24;
