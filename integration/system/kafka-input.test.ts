import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import test, { type TestContext } from 'node:test';
import avro from 'avsc';
import { projectFile } from '../../base/project-file.ts';
import type { Log } from '../../log/port.ts';
import { counters } from '../../schemas/counters.ts';
import { schemaIdOf } from '../../schemas/wire-format.ts';
import { withOwnBroker } from '../kafka/test-broker.ts';
import { type Produced, produceBadRecords, strayBusy, strayHost, unknownSchemaId } from './bad-records.ts';
import { valuesByKcat, whyNoKcat } from './kcat.ts';
import { openLogOf, type Place, placeOnKafka } from './on-kafka.ts';
import { type Running, stageOf, startRunning, until } from './running.ts';

withOwnBroker('npm start on a real Kafka', () => {
  test('npm start on a real Kafka: this machine only, records that others read, bad records among good ones', async (t) => {
    const place = await placeOnKafka(t);
    const running = await startRunning(t, { args: ['--no-fleet', ...place.args], env: place.env });
    t.diagnostic(`ready after ${Math.round(running.readyMs)} ms`);
    const log = await openLogOf(t, place);
    const schemaId = await idOfCounters(running);
    const produced = await produceBadRecords(log, schemaId, Date.now());

    await t.test('kcat reads Avro records with the Confluent prefix', { skip: whyNoKcat() ?? false }, (step) =>
      readByKcat(step, place, running),
    );
    await t.test('bad records cost nothing but themselves', () => nothingGoodLost(running, produced));
    await t.test('each rejected record is kept with its bytes and its reason', () =>
      rejectedKept(running, log, produced),
    );
    await t.test('the program says that it is well and ends in order', async () => {
      const command = [projectFile('dist/cli/dynoscope.js'), 'status', '--data', place.dataDir];
      const status = spawnSync(process.execPath, command, { encoding: 'utf8', env: { ...process.env, ...place.env } });
      equal(status.status, 0, status.stdout + status.stderr);
      equal(await running.program.signal('SIGTERM'), 0, running.program.stderr);
    });
  });
});

async function idOfCounters({ registryUrl }: Running): Promise<number> {
  const answer = await fetch(`${registryUrl}/subjects/dyno.counters.v1-value/versions/latest`);
  return ((await answer.json()) as { id: number }).id;
}

async function readByKcat(t: TestContext, { broker }: Place, { registryUrl }: Running): Promise<void> {
  const own = await until('five records of this machine', 20_000, async () => {
    const types = new Map<number, avro.Type>();
    const records: Record<string, unknown>[] = [];
    for (const value of valuesByKcat(broker.bootstrap, 'dyno.counters.v1')) {
      const id = schemaIdOf(value);
      if (id === undefined || id === unknownSchemaId) continue;
      if (!types.has(id)) types.set(id, await typeOf(registryUrl, id));
      try {
        records.push(types.get(id)!.fromBuffer(value.subarray(5)) as Record<string, unknown>);
      } catch {
        // The truncated one.
      }
    }
    const found = records.filter(({ host }) => host === hostname());
    return found.length >= 5 ? found : undefined;
  });
  const newest = own.at(-1)!;
  equal(Number(newest['time_ms']) % 1_000, 0);
  const busy = newest['cpu_busy_ratio'] as number;
  ok(busy >= 0 && busy <= 1, `busy ${busy}`);
  for (const { name } of counters) ok(name in newest, name);
  t.diagnostic(`${own.length} records of this machine read by kcat`);
}

async function typeOf(registryUrl: string, id: number): Promise<avro.Type> {
  const { schema } = (await (await fetch(`${registryUrl}/schemas/ids/${id}`)).json()) as { schema: string };
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema);
}

async function nothingGoodLost(running: Running, { windowEndMs }: Produced): Promise<void> {
  const at = `toUnixTimestamp(time) = ${windowEndMs / 1_000}`;
  const [window] = await until('the window of the stray host', 45_000, async () => {
    const rows = await running.ask(
      `SELECT tier, samples, cpu_busy_ratio AS busy, load1, cpu_user_ratio AS user FROM dynoscope.host_windows WHERE host = '${strayHost}' AND ${at}`,
    );
    return rows.length === 0 ? undefined : rows;
  });
  // The duplicate and every rejected record said 1: none of them is in the mean; NaN was left out of its counter only.
  deepEqual(window, { tier: 'unassigned', samples: 10, busy: strayBusy, load1: 1, user: null });
  const own = await until('ten seconds of this machine', 20_000, async () => {
    const rows = await running.ask(
      `SELECT toUnixTimestamp(time) AS s FROM dynoscope.counters_1s FINAL WHERE host = '${hostname()}' ORDER BY s`,
    );
    return rows.length < 10 ? undefined : rows;
  });
  equal(Number(own.at(-1)!['s']) - Number(own[0]!['s']), own.length - 1, 'this machine lost no second meanwhile');
  const seconds = await running.ask(
    `SELECT count() AS rows, countIf(load1 IS NULL) AS nan FROM dynoscope.counters_1s FINAL WHERE host = '${strayHost}' AND time > toDateTime(${windowEndMs / 1_000 - 10}) AND time <= toDateTime(${windowEndMs / 1_000})`,
  );
  deepEqual(seconds, [{ rows: 10, nan: 1 }]);
  const { in: taken, windowed, undecodable, skewed, late, duplicate } = stageOf(await running.status(), 'windows');
  deepEqual({ undecodable, skewed, late, duplicate }, { undecodable: 3, skewed: 1, late: 1, duplicate: 1 });
  equal(taken, windowed + 6);
  equal((await running.status()).rejected, 4);
}

async function rejectedKept(running: Running, log: Log, { bad }: Produced): Promise<void> {
  const wanted = bad.filter(({ reason }) => reason !== undefined);
  const rows = await until('the rejected records', 20_000, async () => {
    const found = await running.ask(
      `SELECT topic, record_key, stage, reason, message, value_bytes, value_head FROM dynoscope.rejected_records ORDER BY offset`,
    );
    return found.length < wanted.length ? undefined : found;
  });
  equal(rows.length, wanted.length);
  for (const [i, { says, reason, value }] of wanted.entries()) {
    const row = rows[i]!;
    match(String(row['reason']), reason!, says);
    match(String(row['message']), /^.{20,}$/, `${says} is explained`);
    deepEqual(
      [row['topic'], row['record_key'], row['stage'], row['value_bytes'], row['value_head']],
      ['dyno.counters.v1', strayHost, 'windows', value.length, value.subarray(0, 64).toString('hex')],
      says,
    );
  }
  const kept: string[] = [];
  const { endOffsets } = await log.topicState('dyno.counters.v1.dlq');
  for (const partition of endOffsets.keys())
    for await (const { values } of log.read({ topic: 'dyno.counters.v1.dlq', partition }))
      for (const value of values) kept.push(value!.toString('hex'));
  deepEqual(
    kept,
    wanted.map(({ value }) => value.toString('hex')),
  );
}
