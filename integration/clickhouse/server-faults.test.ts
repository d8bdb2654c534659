import { deepEqual, equal, ok } from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { durationMs } from '../../cli/duration.ts';
import { openEmbeddedLog } from '../../log/embedded/open-embedded-log.ts';
import type { Log } from '../../log/port.ts';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { streamTables } from '../../sinks/clickhouse/tables.ts';
import { checkLedger } from '../kill/check-ledger.ts';
import { checkCounters1s, checkHostWindows, checkTierSeconds } from '../kill/check-rows.ts';
import { checkTierWindows } from '../kill/check-tier-rows.ts';
import { schemasIn, truthOf } from '../kill/log-contents.ts';
import { atEnd, freshFolder, type Running, stageOf, startRunning, until } from '../system/running.ts';
import { HttpEngine, type InsertFault } from './http-engine.ts';

/**
 * The whole program with its ClickHouse behind HTTP, as at a server of one's own. DYNO_CLICKHOUSE_AWAY=5m is the long
 * form (`npm run test:faults -- --clickhouse-away 5m`).
 */
const away = process.env['DYNO_CLICKHOUSE_AWAY'] ?? '12s';
const awayMs = durationMs(away, { option: 'DYNO_CLICKHOUSE_AWAY', minMs: 5_000, maxMs: 480_000 });
const fleetHosts = 24;
/** A stage that waits for longer is told as a problem; between the two it may be either. */
const problemAfterMs = 30_000;
/** Results go on being committed while ClickHouse is away: so long at most between two of them. */
const resultsPauseMs = 5_000;

/** What each table must have got of the time before the outage ended; windows that were open then come later. */
const caughtUp = [
  ['tier_seconds', 'time', 0],
  ['host_windows', 'time', 30_000],
  ['tier_windows', 'time', 40_000],
  ['counters_1s', 'slot', 10_000],
] as const;

test(`ClickHouse resets, loses answers, refuses, is away for ${away}: every row is there exactly once`, async (t) => {
  const folder = freshFolder(t);
  const dataDir = join(folder, 'program');
  const engine = await HttpEngine.start({ dataDir: join(folder, 'server') });
  atEnd(t, () => engine.close());
  const { clickHouse } = engine;
  const args = ['--hosts', String(fleetHosts), '--data', dataDir];
  const running = await startRunning(t, { args, env: { CLICKHOUSE_URL: engine.url } });
  // A row that is there twice must stay so: a merge would drop one of the two.
  for (const table of streamTables) await command(clickHouse, `SYSTEM STOP MERGES dynoscope.${table}`);
  await until('the first seconds', 20_000, () => slowest(clickHouse, 'tier_seconds', 'time'));

  await meets(engine, ['reset_before', 'reset_before', 'answer_lost', 'answer_lost', 'answer_lost']);
  for (const fault of ['unavailable', 'too_many_parts'] as const) await refuses(engine, fault);
  const outage = await leaves(running, engine);

  await until('all that came in meanwhile', 60_000 + awayMs, async () => {
    for (const [table, column, behindMs] of caughtUp) {
      const reachedS = (await slowest(clickHouse, table, column)) ?? 0;
      if (reachedS * 1_000 < outage.toMs - behindMs) return undefined;
    }
    return (await allHostsAndTiers(clickHouse)) ? true : undefined;
  });
  await until('a status without trouble', 30_000, async () => {
    deepEqual((await running.status()).problems, []);
    return true;
  });
  equal(await running.program.signal('SIGINT'), 0, running.program.stderr);
  t.diagnostic(`inserts: ${JSON.stringify(engine.counts)}`);

  const log = await openEmbeddedLog({ dir: join(dataDir, 'log'), clock: systemClock });
  atEnd(t, () => log.close());
  await resultsFlowed(log, outage);
  t.diagnostic(await compare(log, clickHouse, dataDir));
});

/** The next inserts meet these faults, and are made again until they are through. */
async function meets(engine: HttpEngine, faults: readonly InsertFault[]): Promise<void> {
  engine.meetNext(...faults);
  await until(faults.join(', '), 30_000, async () => (engine.faultsLeft === 0 ? true : undefined));
  await applies(engine);
}

/** Every insert is refused for some seconds. */
async function refuses(engine: HttpEngine, fault: 'unavailable' | 'too_many_parts'): Promise<void> {
  engine.meetAlways(fault);
  await until(`inserts that meet ${fault}`, 30_000, async () => (engine.counts[fault] >= 3 ? true : undefined));
  engine.meetAlways(undefined);
  await applies(engine);
}

async function applies(engine: HttpEngine): Promise<void> {
  const { applied } = engine.counts;
  await until('an insert that is applied', 30_000, async () => (engine.counts.applied > applied ? true : undefined));
}

interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Nobody listens for a while. The program says so, and nothing but inserts waits. */
async function leaves(running: Running, engine: HttpEngine): Promise<Outage> {
  const fromMs = Date.now();
  await engine.leave();
  await delay(awayMs);
  const report = await running.status();
  await engine.comeBack();
  const toMs = Date.now();
  const { ok: well, says } = report.parts.clickhouse;
  deepEqual(
    { well, says: says?.includes('it is tried again') },
    { well: false, says: true },
    `the status says: ${says}`,
  );
  equal(report.problems.length > 0, awayMs > problemAfterMs, 'an outage is a problem, a hiccup is none');
  const windows = stageOf(report, 'windows');
  ok(windows.lag_s < resultsPauseMs / 1_000, `windows lag ${windows.lag_s} s behind while ClickHouse is away`);
  return { fromMs, toMs };
}

/** In every result topic records went on being committed, and without pauses in that of the seconds. */
async function resultsFlowed(log: Log, { fromMs, toMs }: Outage): Promise<void> {
  const seconds = (await appendTimes(log, 'dyno.tier-seconds.v1')).filter((ms) => ms > fromMs && ms < toMs);
  const pauses = [...seconds, toMs].map((ms, i) => ms - (seconds[i - 1] ?? fromMs));
  ok(Math.max(...pauses) <= resultsPauseMs, `no second was committed for ${Math.max(...pauses)} ms of the outage`);
  // Ten seconds close every ten seconds: the shortest outage holds one such moment.
  if (toMs - fromMs < 11_000) return;
  for (const topic of ['dyno.host-windows.v1', 'dyno.tier-windows.v1'])
    ok(
      (await appendTimes(log, topic)).some((ms) => ms > fromMs && ms < toMs),
      `${topic} stood still`,
    );
}

/** Of all records of a topic, in ascending order. */
async function appendTimes(log: Log, topic: string): Promise<number[]> {
  const times: number[] = [];
  const { endOffsets } = await log.topicState(topic);
  for (const partition of endOffsets.keys())
    for await (const { appendTimesMs } of log.read({ topic, partition })) times.push(...appendTimesMs);
  return times.sort((a, b) => a - b);
}

/** Every table against plain loops over the input topic; nothing was merged. */
async function compare(log: Log, clickHouse: ClickHouse, dataDir: string): Promise<string> {
  const metrics = loadSettings({ cwd: dataDir, env: {} }).windows.tierSecondsMetrics;
  const truths = await truthOf({ log, schemas: await schemasIn(log), metrics });
  const ledger = await checkLedger(log, 'windows-e1', truths);
  const tens = await checkHostWindows(clickHouse, truths);
  const seconds = await checkTierSeconds(clickHouse, truths, metrics);
  const tiers = await checkTierWindows(clickHouse, truths);
  const raw = await checkCounters1s(clickHouse, truths, metrics);
  ok(raw.rows > fleetHosts, `only ${raw.rows} rows of counters_1s to compare`);
  const [records] = await ask(clickHouse, {
    sql: 'SELECT count() AS rows, uniqExact(src, precedence) AS different FROM dynoscope.counters_1s',
  });
  equal(records?.['rows'], records?.['different'], 'a record is in counters_1s twice');
  return `host_windows ${tens.rows}, tier_windows ${tiers.rows}, tier_seconds ${seconds.rows}, counters_1s ${raw.rows} rows; ledger ${JSON.stringify(ledger)}`;
}

/** Whether nobody's first window is still on its way: a source that has inserted nothing is not among the slow ones. */
async function allHostsAndTiers(clickHouse: ClickHouse): Promise<boolean> {
  const [row] = await ask(clickHouse, {
    sql: `SELECT (SELECT uniqExact(host) FROM dynoscope.tier_seconds) AS of_seconds, uniqExact(host) AS of_tens,
      uniqExact(tier) = (SELECT uniqExact(tier) FROM dynoscope.tier_windows) AS all_tiers FROM dynoscope.host_windows`,
  });
  const hosts = [Number(row?.['of_seconds']), Number(row?.['of_tens'])];
  return hosts.every((count) => count === 1 + fleetHosts) && Number(row?.['all_tiers']) === 1;
}

/** How far the slowest source of a table has come, s. */
async function slowest(clickHouse: ClickHouse, table: string, column: 'time' | 'slot'): Promise<number | undefined> {
  const [row] = await ask(clickHouse, {
    sql: `SELECT min(newest) AS slowest, count() AS sources FROM (SELECT toUnixTimestamp(max(${column})) AS newest FROM dynoscope.${table} GROUP BY src)`,
  });
  return Number(row?.['sources']) === 0 ? undefined : Number(row?.['slowest']);
}
