import { deepEqual, equal, ok } from 'node:assert/strict';
import { hostname } from 'node:os';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { codecOf } from '../../schemas/codec.ts';
import { schemaIdOf } from '../../schemas/wire-format.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import type { PartitionTruth } from '../kill/log-contents.ts';
import { checkAgainstOracle } from './check-against-oracle.ts';
import { openLogOf, placeOnKafka } from './on-kafka.ts';
import { type Row, type Running, stageOf, startRunning, until } from './running.ts';

const downMs = 30_000;
const fleetHosts = 24;
/** Seconds before and after the outage that are looked at too. */
const aroundS = 15;

/** The broker goes away while agent and fleet sample; then everything that they sampled is found everywhere. */
export async function brokerStopped(t: TestContext): Promise<void> {
  const place = await placeOnKafka(t);
  const { broker, dataDir, args, env } = place;
  const running = await startRunning(t, { args: ['--hosts', String(fleetHosts), ...args], env });
  await until('records of every host', 40_000, async () =>
    (await inWindows(running)) > fleetHosts * aroundS ? true : undefined,
  );
  const stoppedS = Math.ceil(Date.now() / 1_000);
  await broker.stop();
  await delay(downMs);
  const spooling = (await running.status()).problems.filter((problem) => problem.includes('spools'));
  await broker.restart();
  const backS = Math.ceil(Date.now() / 1_000);
  t.diagnostic(`the broker was away for ${backS - stoppedS} s`);
  equal(spooling.length, 2, `agent and fleet say that they spool: ${JSON.stringify(spooling)}`);

  await until('windows of the time after the outage', 120_000, async () => {
    const rows = await running.ask(
      `SELECT host, toUnixTimestamp(max(time)) AS newest FROM dynoscope.host_windows GROUP BY host`,
    );
    return rows.length === 1 + fleetHosts && rows.every(({ newest }) => Number(newest) >= backS + aroundS)
      ? true
      : undefined;
  });
  t.diagnostic(`caught up ${Math.round(Date.now() / 1_000) - backS} s after the broker was back`);
  await until('a status without trouble', 90_000, async () => {
    deepEqual((await running.status()).problems, []);
    return true;
  });
  equal(stageOf(await running.status(), 'windows').late, 0);
  equal(await running.program.signal('SIGINT'), 0, running.program.stderr);

  const { truths, clickHouse, ledger, says } = await checkAgainstOracle(await openLogOf(t, place), dataDir);
  try {
    t.diagnostic(says);
    deepEqual([ledger.undecodable, ledger.skewed, ledger.late], [0, 0, 0]);
    const holes = noSecondMissing(truths);
    t.diagnostic(`${holes} seconds that were never sampled`);
    await everySecondInItsWindow(clickHouse, truths, { fromS: stoppedS - aroundS, toS: backS });
  } finally {
    await clickHouse.close();
  }
}

const inWindows = async (running: Running): Promise<number> => stageOf(await running.status(), 'windows').windowed;

interface Said {
  readonly seconds: ReadonlySet<number>;
  readonly sequenceOf: ReadonlyMap<number, number>;
}

/**
 * Every host's seconds in the topic go from its first to its last without a hole, but for those that were never sampled
 * because the process was held up: the agent counts those in its sequence, and the fleet misses them in all its hosts.
 */
function noSecondMissing(truths: readonly PartitionTruth[]): number {
  const byHost = saidBy(truths);
  equal(byHost.size, 1 + fleetHosts);
  const fleetHoles = new Set<string>();
  let ownHoles = 0;
  for (const [host, { seconds, sequenceOf }] of byHost) {
    const sorted = [...seconds].sort((a, b) => a - b);
    const holes = holesIn(sorted);
    if (host === hostname()) {
      ownHoles = holes.length;
      const [first, last] = [sorted[0]!, sorted.at(-1)!];
      equal(sequenceOf.get(last)! - sequenceOf.get(first)!, last - first, 'missed seconds are holes in the sequence');
    } else fleetHoles.add(holes.join(' '));
  }
  equal(fleetHoles.size, 1, `hosts of the fleet miss different seconds: ${[...fleetHoles].join(' | ')}`);
  const ofFleet = [...fleetHoles][0]!.split(' ').filter((second) => second !== '').length;
  ok(ownHoles <= 5 && ofFleet <= 5, `${ownHoles} and ${ofFleet} seconds were not sampled`);
  return ownHoles + ofFleet;
}

function saidBy(truths: readonly PartitionTruth[]): ReadonlyMap<string, Said> {
  const codec = codecOf('dyno.counters.v1');
  const byHost = new Map<string, { seconds: Set<number>; sequenceOf: Map<number, number> }>();
  for (const { value } of truths.flatMap(({ records }) => records)) {
    if (value === null) continue;
    const id = schemaIdOf(value)!;
    if (!codec.knowsSchema(id)) codec.addSchema(id, codec.schemaJson);
    const { host, timeMs, sequence } = codec.decode(value);
    const said = byHost.get(host) ?? { seconds: new Set(), sequenceOf: new Map() };
    said.seconds.add(timeMs / 1_000);
    said.sequenceOf.set(timeMs / 1_000, sequence);
    byHost.set(host, said);
  }
  return byHost;
}

function holesIn(sorted: readonly number[]): number[] {
  const holes: number[] = [];
  for (const [i, second] of sorted.entries()) {
    const before = sorted[i - 1] ?? second - 1;
    for (let hole = before + 1; hole < second; hole++) holes.push(hole);
  }
  return holes;
}

/** Of the time around the outage, every (host, second) of the topic is a row of `counters_1s` and a sample of its window. */
async function everySecondInItsWindow(
  clickHouse: ClickHouse,
  truths: readonly PartitionTruth[],
  { fromS, toS }: { readonly fromS: number; readonly toS: number },
): Promise<void> {
  const [fromTenS, toTenS] = [Math.ceil(fromS / 10) * 10, Math.floor(toS / 10) * 10];
  const within = `time > toDateTime(${fromTenS}) AND time <= toDateTime(${toTenS})`;
  const wanted = new Map<string, number>();
  for (const [host, { seconds }] of saidBy(truths)) {
    for (const second of seconds) {
      if (second <= fromTenS || second > toTenS) continue;
      const key = `${host} ${Math.ceil(second / 10) * 10}`;
      wanted.set(key, (wanted.get(key) ?? 0) + 1);
    }
  }
  const windows = await ask(clickHouse, {
    sql: `SELECT host, toUnixTimestamp(time) AS s, samples FROM dynoscope.host_windows WHERE ${within}`,
  });
  const seconds = await ask(clickHouse, {
    sql: `SELECT host, toUnixTimestamp(toStartOfInterval(time - 1, INTERVAL 10 SECOND)) + 10 AS s, count() AS samples FROM dynoscope.counters_1s FINAL WHERE ${within} GROUP BY host, s`,
  });
  ok(wanted.size >= ((toTenS - fromTenS) / 10) * (1 + fleetHosts), `${wanted.size} windows to compare`);
  deepEqual({ host_windows: sorted(windows) }, { host_windows: [...wanted].sort() });
  deepEqual({ counters_1s: sorted(seconds) }, { counters_1s: [...wanted].sort() });
}

const sorted = (rows: readonly Row[]): [string, number][] =>
  rows.map(({ host, s, samples }): [string, number] => [`${String(host)} ${Number(s)}`, Number(samples)]).sort();
