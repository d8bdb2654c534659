import { equal, ok } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd, freshFolder, type Running, startRunning, until } from './running.ts';

const stressS = 66;
/** The seconds that are compared lie within the stress, on borders of 10-s windows. */
const comparedS = 50;
const differenceMax = 0.03;

/** Why the load cannot be made here; undefined = it can. */
export const whyNoStress = (): string | undefined =>
  spawnSync('stress-ng', ['--version']).status === 0 ? undefined : 'no stress-ng here: install it (Debian: stress-ng)';

/** One core is kept busy for a minute: ClickHouse says of it what /proc/stat says, read by the test itself. */
export async function cpuTruth(t: TestContext): Promise<void> {
  const running = await startRunning(t, { args: ['--no-fleet', '--data', freshFolder(t)] });
  const stress = spawn('stress-ng', ['--cpu', '1', '--timeout', `${stressS}s`], { stdio: 'ignore' });
  atEnd(t, () => stress.kill('SIGTERM'));
  await delay(2_000);
  const borderS = Math.ceil(Date.now() / 10_000) * 10;
  const before = await timesAt(borderS);
  const after = await timesAt(borderS + comparedS);
  const truth = busyBetween(before, after);
  ok(truth > 0.25, `stress-ng made no load: ${truth}`);
  for (const [table, rows] of [
    ['counters_1s', comparedS],
    ['host_windows', comparedS / 10],
  ] as const) {
    const { mean, count } = await busyIn(running, { table, fromS: borderS, rows });
    t.diagnostic(`${table}: busy ${mean.toFixed(4)} in ${count} rows; /proc/stat: ${truth.toFixed(4)}`);
    ok(Math.abs(mean - truth) <= differenceMax, `${table}: ${mean}, /proc/stat: ${truth}`);
  }
  equal(await running.program.signal('SIGINT'), 0, running.program.stderr);
}

/** Jiffies since the boot at this second: user, nice, system, idle, iowait, irq, softirq, steal. */
async function timesAt(second: number): Promise<readonly number[]> {
  await delay(Math.max(0, second * 1_000 - Date.now()));
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0]!;
  return line.split(/\s+/).slice(1, 9).map(Number);
}

function busyBetween(before: readonly number[], after: readonly number[]): number {
  const spent = after.map((jiffies, kind) => jiffies - before[kind]!);
  const all = spent.reduce((sum, jiffies) => sum + jiffies, 0);
  return (all - spent[3]! - spent[4]!) / all;
}

interface Asked {
  readonly table: 'counters_1s' | 'host_windows';
  readonly fromS: number;
  /** As many as there should be; a second that the agent missed on a loaded machine is no reason to wait for ever. */
  readonly rows: number;
}

function busyIn(running: Running, { table, fromS, rows }: Asked): Promise<{ mean: number; count: number }> {
  const toS = fromS + comparedS;
  const what = `avg(cpu_busy_ratio) AS mean, count() AS count, toUnixTimestamp(max(time)) AS newest`;
  const within = `host = '${hostname()}' AND time > toDateTime(${fromS}) AND time <= toDateTime(${toS})`;
  return until(`${table} of that minute`, 45_000, async () => {
    const [row] = await running.ask(`SELECT ${what} FROM dynoscope.${table} FINAL WHERE ${within}`);
    const [mean, count, newest] = [Number(row?.['mean']), Number(row?.['count']), Number(row?.['newest'])];
    return newest === toS && count >= rows * 0.9 ? { mean, count } : undefined;
  });
}
