import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Publisher, startPublisher } from '../../agent/publisher/publisher.ts';
import { startKafka } from '../../infra/kafka-local/start-kafka.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import { counters } from '../../schemas/counters.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';
import { hostCountersCodec } from '../../schemas/host-counters-codec.ts';
import { createFleet } from '../../simulate/fleet.ts';
import { withOwnBroker } from './test-broker.ts';

const topic = 'dyno.counters.v1';
const partitions = 4;
const schemaId = 1;
const startMs = 1_700_000_000_000;
/** One simulated second. */
const stepMs = 200;
const [seconds, killedAt, restartedAt] = [120, 20, 70];

withOwnBroker('publisher outage', () => {
  test('a broker that dies for a while costs no sample, and each host’s stay in order', {
    timeout: 180_000,
  }, async () => {
    const spoolDir = mkdtempSync(join(tmpdir(), 'publisher-outage-'));
    const broker = await startKafka();
    const log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'fleet', replicationFactor: 1 });
    try {
      await log.createTopics([{ name: topic, partitions, cleanup: 'delete', retentionMs: 3_600_000 }]);
      const publisher = await publisherTo(log, spoolDir);
      const fleet = createFleet({ hosts: 20, seed: 1 });
      for (let second = 1; second <= seconds; second++) {
        publisher.publish(fleet.second(startMs + second * 1_000));
        if (second === killedAt) await broker.kill();
        if (second === restartedAt) await broker.restart();
        await delay(stepMs);
      }
      const behindMs = await caughtUp(publisher);
      ok(behindMs < 15_000, `${behindMs} ms behind after the last sample`);
      const { sampled, sent, dropped } = publisher.stats();
      deepEqual([sampled, sent, Object.values(dropped)], [20 * seconds, 20 * seconds, [0, 0, 0]]);
      await publisher.close();
      const expected = Array.from({ length: seconds }, (_, i) => i + 1);
      const arrived = await secondsByHost(log);
      equal(arrived.size, 20);
      // A send whose outcome was unknown is repeated: downstream the first one counts.
      for (const [host, told] of arrived) deepEqual([...new Set(told)], expected, host);
    } finally {
      await log.close();
      await broker.close();
      rmSync(spoolDir, { recursive: true, force: true });
    }
  });
});

const publisherTo = (log: Log, spoolDir: string): Promise<Publisher> =>
  startPublisher({
    name: 'fleet',
    producer: () => log.producer(),
    registryUrl: 'http://registry.test',
    spoolDir,
    spoolBytesMax: 100_000_000,
    counters: { topic, partitions, schemaJson: hostCountersSchema(), counterCount: counters.length },
    systemInfo: { topic: 'dyno.systeminfo.v1', partitions, schemaJson: '"string"' },
    onEvent: () => {},
    fetch: async () => new Response(JSON.stringify({ id: schemaId })),
  });

async function caughtUp(publisher: Publisher): Promise<number> {
  const beganMs = performance.now();
  for (;;) {
    const { mode, pending } = publisher.stats();
    if (mode === 'direct' && pending === 0) return performance.now() - beganMs;
    await delay(20);
  }
}

/** Of each host the seconds of its records, as they lie in its partition. */
async function secondsByHost(log: Log): Promise<Map<string, number[]>> {
  const codec = hostCountersCodec();
  codec.addSchema(schemaId, codec.schemaJson);
  const byHost = new Map<string, number[]>();
  for (let partition = 0; partition < partitions; partition++)
    for await (const batch of log.read({ topic, partition }))
      for (const value of batch.values) {
        const { host, timeMs } = codec.decode(value!);
        equal(partitionOf(host, partitions), partition);
        byHost.set(host, [...(byHost.get(host) ?? []), (timeMs - startMs) / 1_000]);
      }
  return byHost;
}
