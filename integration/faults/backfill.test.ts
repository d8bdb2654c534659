import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { MemberLog } from '../../log/simulated/member-log.ts';
import type { WindowRange } from '../../operators/window/window-range.ts';
import { runBackfill } from '../../pipelines/backfill.ts';
import { yieldToOthers } from '../program/yield-to-others.ts';
import { ofEpoch } from './check/check-world.ts';
import { settleAndCheck } from './simulation/settle.ts';
import type { FoundRow } from './simulation/simulated-clickhouse.ts';
import { SimulatedStages } from './simulation/simulated-stages.ts';
import { SimulatedWorld } from './simulation/simulated-world.ts';

yieldToOthers();

const hourMs = 3_600_000;
const tables = ['host_windows', 'tier_seconds', 'tier_windows', 'tier_windows_1m'];

/** A backfill in a process of its own; the world goes on meanwhile. */
async function backfill(world: SimulatedWorld, range: WindowRange, epoch: number): Promise<boolean> {
  const log = new MemberLog(world.cluster, world.groups);
  const stages = new SimulatedStages(world, log);
  const topology = await inTime(world, stages.followTopology(epoch));
  const finished = await inTime(
    world,
    runBackfill({
      stages: (['windows', 'tiers', 'clickhouse'] as const).map((name) => stages.stage(name, range)),
      range,
      log,
      clock: world.clock,
      epoch,
      signal: new AbortController().signal,
      performInsert: (insert) => log.call(() => world.clickHouse.insert(insert), world.clickHouse),
      broadcastReady: topology.ready,
    }),
  );
  log.kill();
  return finished;
}

/** Lets virtual time pass until it is done, at most ten minutes. */
async function inTime<T>({ clock }: SimulatedWorld, work: Promise<T>): Promise<T> {
  let done = false;
  const watched = work.finally(() => {
    done = true;
  });
  watched.catch(() => {});
  for (let second = 0; second < 600 && !done; second++) await clock.advance(1_000);
  ok(done, 'not done after ten minutes');
  return watched;
}

/** Rows of an epoch that end in the range, without the epoch, in order. */
const rowsIn = (world: SimulatedWorld, epoch: number, table: string, { fromMs, toMs }: WindowRange): string[] =>
  ofEpoch(
    world,
    epoch,
  )(table)
    .filter((row) => endOf(row) > fromMs && endOf(row) <= toMs)
    .map((row) => JSON.stringify([...row].filter(([column]) => column !== 'epoch')))
    .sort();
const endOf = (row: FoundRow): number => Number(row.get('time')) * 1_000;

/** A world that has lived long enough for the minute after its full hour to be closed everywhere. */
async function livedWorld(seed: number): Promise<{ world: SimulatedWorld; range: WindowRange }> {
  const world = new SimulatedWorld({ seed });
  const hour = Math.ceil(world.clock.nowMs() / hourMs) * hourMs;
  world.start();
  world.start();
  world.fleet.start();
  await world.clock.advance(hour + 130_000 - world.clock.nowMs());
  return { world, range: { fromMs: hour, toMs: hour + 60_000 } };
}

for (const seed of [1, 2, 3])
  test(`a backfill of a past minute gives the rows of the live epoch, twice the same, and disturbs nothing (seed ${seed})`, async () => {
    const { world, range } = await livedWorld(seed);
    const [live] = world.processes;
    const ownersBefore = live?.runs.map((run) => run.tasks().length);
    equal(await backfill(world, range, 2), true);
    for (const table of tables) {
      const computed = rowsIn(world, 2, table, range);
      deepEqual(computed, rowsIn(world, 1, table, range), table);
      ok(computed.length > 0, table);
    }
    const rowsAfterFirst = tables.map((table) =>
      world.clickHouse.rows(table).filter((row) => row.get('epoch') === '2'),
    );
    equal(await backfill(world, range, 2), true);
    deepEqual(
      tables.map((table) => ofEpoch(world, 2)(table).length),
      rowsAfterFirst.map(({ length }) => length),
    );
    deepEqual(
      live?.runs.map((run) => run.tasks().length),
      ownersBefore,
    );
    ok(live?.runs.every((run) => run.tasks().every(({ state }) => state === 'running')));
    await settleAndCheck(world);
  });

test('a backfill that dies goes on where it was', async () => {
  const { world, range } = await livedWorld(4);
  const log = new MemberLog(world.cluster, world.groups);
  const stages = new SimulatedStages(world, log);
  const topology = await inTime(world, stages.followTopology(2));
  let inserts = 0;
  void runBackfill({
    stages: (['windows', 'tiers', 'clickhouse'] as const).map((name) => stages.stage(name, range)),
    range,
    log,
    clock: world.clock,
    epoch: 2,
    signal: new AbortController().signal,
    performInsert: (insert) =>
      log.call(() => {
        world.clickHouse.insert(insert);
        if (++inserts === 9) log.kill();
      }, world.clickHouse),
    broadcastReady: topology.ready,
  });
  for (let second = 0; second < 120 && inserts < 9; second++) await world.clock.advance(1_000);
  // Inserts that were at the engine already when the process died still happen.
  ok(inserts >= 9);
  equal(await backfill(world, range, 2), true);
  for (const table of tables) deepEqual(rowsIn(world, 2, table, range), rowsIn(world, 1, table, range), table);
});

test('one epoch holds one range', async () => {
  const { world, range } = await livedWorld(5);
  await backfill(world, range, 2);
  await rejects(backfill(world, { ...range, toMs: range.toMs + 10_000 }, 2), { code: 'DYNO_USAGE_BACKFILL' });
  equal(await backfill(world, { ...range, toMs: range.toMs + 10_000 }, 3), true);
  await settleAndCheck(world);
});
