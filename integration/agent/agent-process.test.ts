import { deepEqual, equal, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { projectFile } from '../../base/project-file.ts';
import { startKafka } from '../../infra/kafka-local/start-kafka.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import { startRegistry } from '../../log/registry/start-registry.ts';
import { readBatches } from '../../log/testing/plain-records.ts';
import { type AvroTopic, codecOf, type TopicValues } from '../../schemas/codec.ts';
import { counterIndex } from '../../schemas/counters.ts';
import { topicSettings } from '../../schemas/topics.ts';
import { schemaIdOf } from '../../schemas/wire-format.ts';
import { withOwnBroker } from '../kafka/test-broker.ts';

/** What the agent takes when nothing is set. */
const partitions = 24;
const agentTopics = ['dyno.counters.v1', 'dyno.systeminfo.v1'];
const registryTopic = { name: '_schemas', partitions: 1, cleanup: 'compact' } as const;
const agentRssBytesMax = 90_000_000;

withOwnBroker('the agent as a process', () => {
  test('every second it sampled is in the topic, in order, although the broker was away', {
    timeout: 180_000,
  }, async (t) => {
    const broker = await startKafka();
    t.after(() => broker.close());
    const open = () => openKafkaLog({ brokers: [broker.bootstrap], clientId: 'test', replicationFactor: 1 });
    const log = await open();
    t.after(() => log.close());
    const wanted = topicSettings({ partitions }).filter(({ name }) => agentTopics.includes(name));
    await log.createTopics([...wanted, { ...registryTopic, retentionMs: 3_600_000 }]);
    // A broker that has just started may not know its coordinator yet.
    const registry = await eventually(() => startRegistry({ log }));
    t.after(() => registry.close());
    const dataDir = await mkdtemp(join(tmpdir(), 'dyno-agent-'));
    t.after(() => rm(dataDir, { recursive: true, force: true }));
    const agent = startAgentProcess({
      KAFKA_BROKERS: broker.bootstrap,
      SCHEMA_REGISTRY_URL: registry.url,
      cwd: dataDir,
    });
    t.after(() => agent.kill('SIGKILL'));
    await eventually(async () => ok((await read(log, 'dyno.counters.v1')).length >= 3));
    await broker.kill();
    await delay(5_000);
    await broker.restart();
    await eventually(async () => {
      const again = await open();
      const samples = await read(again, 'dyno.counters.v1').finally(() => again.close());
      ok((samples.at(-1)?.sequence ?? 0) >= 18);
    });
    ok((await residentBytes(agent)) <= agentRssBytesMax, `${await residentBytes(agent)} bytes resident`);
    agent.kill('SIGTERM');
    const [exitCode] = await once(agent, 'exit');
    equal(exitCode, 0);

    const fresh = await open();
    const samples = await read(fresh, 'dyno.counters.v1');
    const [described] = await read(fresh, 'dyno.systeminfo.v1');
    await fresh.close();
    // A send whose answer was lost with the broker is sent again: the slot (host, second) tells the double from the first.
    const sequences = [...new Set(samples.map(({ sequence }) => sequence))];
    deepEqual(sequences, [...sequences.keys()], 'no second is missing or out of order');
    ok(sequences.length >= 18, `${sequences.length} seconds`);
    equal(samples[0]?.host, hostname());
    ok(samples.every(({ timeMs }) => timeMs % 1_000 === 0));
    ok(samples.slice(1).every(({ values }) => (values[counterIndex.get('cpu_busy_ratio') ?? -1] ?? -1) >= 0));
    equal(described?.host, hostname());
    equal(described?.unavailable.get('requests_per_s'), 'not_reported');
  });
});

function startAgentProcess({ cwd, ...env }: Readonly<Record<string, string>>): ChildProcess {
  const program = projectFile('dist', 'cli', 'dynoscope.js');
  return spawn(process.execPath, [program, 'agent'], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** What the topic holds, as our readers see it; of one host, so of one partition, in order. */
async function read<T extends AvroTopic>(log: Log, topic: T): Promise<TopicValues[T][]> {
  const codec = codecOf(topic);
  const found: TopicValues[T][] = [];
  const partition = partitionOf(hostname(), partitions);
  for (const { values } of await readBatches(log, { topic, partition })) {
    for (const value of values) {
      if (value === null) continue;
      const schemaId = schemaIdOf(value) ?? -1;
      if (!codec.knowsSchema(schemaId)) codec.addSchema(schemaId, codec.schemaJson);
      found.push(codec.decode(value));
    }
  }
  return found;
}

async function residentBytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}

/** The answer of `attempt` as soon as it does not throw, within a minute. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const untilMs = Date.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await delay(500);
    }
  }
}
