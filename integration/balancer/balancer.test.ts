import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type LocalKafka, startKafka } from '../../infra/kafka-local/start-kafka.ts';
import type { Log } from '../../log/port.ts';
import { codecOf } from '../../schemas/codec.ts';
import { withOwnBroker } from '../kafka/test-broker.ts';
import { atEnd, until } from '../system/running.ts';
import { moved, Pool, safe } from './balancer-process.ts';
import { type Commands, placeOn, untilHeard } from './commands.ts';
import { whyNoHaproxy } from './haproxy-process.ts';

const skip = whyNoHaproxy() ?? false;
/** A command lives 10 s; then the adapter needs a tick and HAProxy. */
const safeWithinMs = 12_000;

withOwnBroker('dynoscope balancer on a real HAProxy and a real Kafka', () => {
  test('dynoscope balancer on a real HAProxy and a real Kafka: weights move, and are safe again whatever dies', {
    skip,
    timeout: 120_000,
  }, async (t) => {
    const broker = await startKafka();
    atEnd(t, () => broker.close());
    const { log, commands, env } = await placeOn(t, broker.bootstrap);
    const [a, b] = await Promise.all([Pool.start(t, { pool: 'a', env }), Pool.start(t, { pool: 'b', env })]);
    await untilHeard(a, commands);
    await untilHeard(b, commands);

    t.diagnostic(`${seconds()} s: ready`);
    await movesAndSkips(t, a, commands);
    const onA = async (): Promise<void> => {
      for (const part of [noticesReload, childKilled, killSwitch, parentEnds]) await part(t, a, commands);
    };
    // Most of the other is waiting.
    await Promise.all([onA(), childHangs(t, b, commands)]);
    await brokerKilled(t, { a, b, commands, broker });
    t.diagnostic(`${seconds()} s: the broker is back`);
    await until('reports of both pools in the log', 15_000, async () => {
      const reports = await reportsIn(log);
      return ['a', 'b'].every((pool) =>
        reports.some((line) => line === `${pool} reverted_${pool === 'a' ? 'expired' : 'killed'}`),
      )
        ? true
        : undefined;
    });
    t.diagnostic(`${seconds()} s: reports are in the log`);
    equal(await a.program.signal('SIGTERM'), 0, a.program.stderr);
    equal(await b.program.signal('SIGTERM'), 0, b.program.stderr);
  });
});

const seconds = (): number => Math.round(performance.now() / 100) / 10;

async function move(pool: Pool, commands: Commands): Promise<number> {
  await commands.send(pool, moved);
  return pool.msUntil(moved, 3_000);
}

async function movesAndSkips(t: TestContext, a: Pool, commands: Commands): Promise<void> {
  await commands.bytes('a', Buffer.from('no record'));
  const tookMs = await move(a, commands);
  t.diagnostic(`a command is in HAProxy after ${tookMs} ms`);
  const counts = await a.haproxy.answersOf(330).then(() => a.haproxy.answersOf(330));
  t.diagnostic(`330 requests: ${JSON.stringify(counts)}`);
  ok(Math.abs((counts['s1'] ?? 0) - 150) <= 2, JSON.stringify(counts));
  await commands.send(a, safe);
  await a.msUntil(safe, 3_000);
}

async function noticesReload(t: TestContext, a: Pool, commands: Commands): Promise<void> {
  await move(a, commands);
  const since = a.program.events.length;
  await a.haproxy.reload();
  const startedMs = performance.now();
  const report = await a.said(({ status }) => status === 'observed', since);
  t.diagnostic(`a reload is reported after ${Math.round(performance.now() - startedMs)} ms`);
  match(String(report['reason']), /changed without this adapter/);
  deepEqual(
    report['readback'],
    Object.entries(safe).map(([server, weight]) => ({ server, weight })),
  );
}

async function childKilled(t: TestContext, a: Pool, commands: Commands): Promise<void> {
  await move(a, commands);
  process.kill(a.childPid, 'SIGKILL');
  t.diagnostic(`kill -9 of the adapter: safe weights after ${await a.msUntil(safe, safeWithinMs)} ms`);
  await untilHeard(a, commands);
}

async function childHangs(t: TestContext, b: Pool, commands: Commands): Promise<void> {
  await move(b, commands);
  process.kill(b.childPid, 'SIGSTOP');
  t.diagnostic(`an adapter that hangs: safe weights after ${await b.msUntil(safe, safeWithinMs)} ms`);
  await untilHeard(b, commands);
}

async function killSwitch(t: TestContext, a: Pool, commands: Commands): Promise<void> {
  await move(a, commands);
  const since = a.program.events.length;
  await commands.kill('pool:a', true);
  t.diagnostic(`the kill switch: safe weights after ${await a.msUntil(safe, 3_000)} ms`);
  await commands.send(a, moved);
  await a.said(({ status }) => status === 'rejected_killed', since);
  await commands.kill('pool:a', false);
  await until('the kill switch off', 5_000, async () => {
    await commands.send(a, moved);
    await delay(300);
    return (await a.weights())['s1'] === moved['s1'] ? true : undefined;
  });
}

async function parentEnds(t: TestContext, a: Pool, commands: Commands): Promise<void> {
  const startedMs = performance.now();
  equal(await a.program.signal('SIGTERM'), 0, a.program.stderr);
  t.diagnostic(`SIGTERM: safe weights and ended after ${Math.round(performance.now() - startedMs)} ms`);
  deepEqual(await a.weights(), safe);
  await a.startBalancer();
  await untilHeard(a, commands);
  await move(a, commands);
  const ended = a.program.signal('SIGKILL');
  t.diagnostic(`kill -9 of the parent: safe weights after ${await a.msUntil(safe, safeWithinMs)} ms`);
  await ended;
  await a.startBalancer();
  await untilHeard(a, commands);
}

interface BothPools {
  readonly a: Pool;
  readonly b: Pool;
  readonly commands: Commands;
  readonly broker: LocalKafka;
}

async function brokerKilled(t: TestContext, { a, b, commands, broker }: BothPools): Promise<void> {
  await Promise.all([move(a, commands), move(b, commands)]);
  await broker.kill();
  const expired = a.msUntil(safe, safeWithinMs);
  await delay(1_000);
  deepEqual(await b.weights(), moved, 'the broker alone changes nothing yet');
  writeFileSync(b.killFile, '');
  t.diagnostic(`the kill file, without a broker: safe weights after ${await b.msUntil(safe, 3_000)} ms`);
  // It needs about as long as the command lives: the two wait together.
  const back = broker.restart();
  t.diagnostic(`kill -9 of the broker in the middle of a command: safe weights after ${await expired} ms`);
  await back;
}

async function reportsIn(log: Log): Promise<string[]> {
  const topic = 'loadbalancer.applied.v1';
  const codec = codecOf(topic);
  const reports: string[] = [];
  for (let partition = 0; partition < 4; partition++) {
    for await (const batch of log.read({ topic, partition })) {
      for (let i = 0; i < batch.count; i++) {
        const value = batch.values.at(i)!;
        const id = value.readUInt32BE(1);
        if (!codec.knowsSchema(id)) codec.addSchema(id, codec.schemaJson);
        const { pool, status } = codec.decode(value);
        reports.push(`${pool} ${status}`);
      }
    }
  }
  return reports;
}
