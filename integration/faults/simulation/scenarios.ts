import { deepEqual, equal, ok } from 'node:assert/strict';
import { checkTierSeconds } from '../check/check-windows.ts';
import { checkWorld, ofEpoch } from '../check/check-world.ts';
import { type PartitionTruth, truthOf } from '../check/world-truth.ts';
import { settleAndCheck } from './settle.ts';
import { countersTopic } from './simulated-host.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** Worlds in which one thing is made to happen, whatever the seed. */
export const scenarios = {
  idlePartitions,
  backlogIsNotTicked,
  registryAwayAtStart,
  clickHouseAway,
  partitionsGrow,
  tokensForgotten,
  frozenSinkWakes,
} satisfies Readonly<Record<string, (seed: number) => Promise<void>>>;

export type ScenarioName = keyof typeof scenarios;

const isTick = ({ headers }: { readonly headers: Readonly<Record<string, Buffer>> | undefined }): boolean =>
  headers?.['dyno-kind'] !== undefined;

const ticksIn = (world: SimulatedWorld): number =>
  world.cluster.partitions(countersTopic).flatMap(({ records }) => records.filter(isTick)).length;

/** Ten minutes without a record: every window closes within half a minute, by ticks twice a second. */
async function idlePartitions(seed: number): Promise<void> {
  const world = new SimulatedWorld({ seed });
  world.start();
  world.fleet.start();
  await world.clock.advance(30_000);
  world.fleet.stop();
  await world.clock.advance(40_000);
  world.fleet.sayLast();
  const saidMs = world.clock.nowMs();
  await world.clock.advance(30_000);
  for (const task of world.processes[0]!.runs.flatMap((run) => (run.stage === 'windows' ? run.tasks() : [])))
    ok(task.stats['watermark_ms']! >= saidMs + 15_000, `${task.name} has closed what was said`);
  await world.clock.advance(570_000);
  const ticksEach = ticksIn(world) / world.partitions;
  ok(ticksEach > 1_000 && ticksEach < 1_400, `${ticksEach} ticks a partition in ten minutes`);
  await settleAndCheck(world);
}

/** Records that nobody can read yet are a backlog: while it lasts nothing is ticked past it. */
async function backlogIsNotTicked(seed: number): Promise<void> {
  const world = new SimulatedWorld({ seed });
  world.start();
  world.fleet.start();
  await world.clock.advance(20_000);
  world.start();
  world.registry.away = true;
  // The second process knows no schema: its tasks stand still before the first of their records.
  await world.clock.advance(5_000);
  const waiting = world.processes[1]!.runs.flatMap((run) => (run.stage === 'windows' ? run.tasks() : []));
  ok(waiting.length > 0);
  for (const host of world.fleet.hosts) host.silentUntilMs = world.clock.nowMs() + 60_000;
  await world.clock.advance(3_000);
  const partitions = waiting.map((task) => world.cluster.partition(task.options.inputs[0]!));
  const before = partitions.map(({ records }) => records.filter(isTick).length);
  await world.clock.advance(50_000);
  deepEqual(
    partitions.map(({ records }) => records.filter(isTick).length),
    before,
  );
  world.registry.away = false;
  await world.clock.advance(10_000);
  await settleAndCheck(world);
}

/** Nothing can be decoded for a while after the start; nothing is dead-lettered for it. */
async function registryAwayAtStart(seed: number): Promise<void> {
  const world = new SimulatedWorld({ seed });
  world.registry.away = true;
  world.start();
  world.fleet.start();
  await world.clock.advance(45_000);
  equal(ofEpoch(world, 1)('host_windows').length, 0);
  world.registry.away = false;
  await settleAndCheck(world);
}

/** Five minutes without ClickHouse: committed results go on flowing, and all of them arrive afterwards. */
async function clickHouseAway(seed: number): Promise<void> {
  const world = new SimulatedWorld({ seed });
  const resultsAt = (): number =>
    world.cluster.partitions('dyno.tier-seconds.v1').reduce((sum, p) => sum + p.endOffset, 0);
  world.start();
  world.fleet.start();
  await world.clock.advance(30_000);
  world.clickHouse.away = true;
  for (let minute = 0; minute < 5; minute++) {
    const before = resultsAt();
    await world.clock.advance(60_000);
    // A marker for every second from each of two partitions to each of two.
    ok(resultsAt() - before >= 200, `minute ${minute}: ${resultsAt() - before} results`);
  }
  // It comes back, but for a while its answers are lost.
  Object.assign(world.clickHouse, { away: false, answerLostRatio: 0.4, slowRatio: 0.1 });
  await world.clock.advance(20_000);
  Object.assign(world.clickHouse, { answerLostRatio: 0, slowRatio: 0 });
  await settleAndCheck(world);
}

/** From 4 partitions to 8: the agents wait at the end of a window, the epoch is raised, no key is in both. */
async function partitionsGrow(seed: number): Promise<void> {
  const world = new SimulatedWorld({ seed, partitions: 4 });
  const { clock, fleet } = world;
  world.start();
  world.start();
  fleet.start();
  await clock.advance(40_000);
  await settleAndCheck(world);
  const rowsBefore = ofEpoch(world, 1)('host_windows').length;
  for (const process of world.processes) void process.stop();
  await clock.advance(10_000);
  world.grow({ partitions: 8, epoch: 2 });
  world.start();
  world.start();
  fleet.start();
  await clock.advance(40_000);
  await settleAndCheck(world);
  equal(ofEpoch(world, 1)('host_windows').length, rowsBefore);
  await checkWorld(world);
}

const deathsWanted = 5;

/**
 * A sink dies between an insert and its commit, and the tables remember one token only: what tells its successor how far
 * it got is the question for the newest window. Without `raw`, whose last slot rests on its token.
 */
async function tokensForgotten(seed: number): Promise<void> {
  const world = new SimulatedWorld({ seed, tokensMax: 1 });
  const { clock, random, fleet } = world;
  let passages = random.between(5, 25);
  const start = (): void => {
    world.start({
      stages: ['windows', 'tiers', 'clickhouse'],
      at: (stage, point, { log }) => {
        if (stage !== 'clickhouse' || point !== 'insert_applied' || --passages > 0 || log.state !== 'running') return;
        passages = random.between(6, 20);
        log.kill();
        clock.after(random.between(500, 5_000), start);
      },
    });
  };
  start();
  fleet.start();
  for (let i = 0; i < 20 && world.processes.length <= deathsWanted; i++) await clock.advance(15_000);
  ok(world.processes.length > deathsWanted, 'the sink died so often');
  fleet.stop();
  await clock.advance(90_000);
  const truths = truthOf(world);
  checkTierSeconds(world, ofEpoch(world, 1), truths.map(settled(world)));
}

/**
 * A sink that waits to try an insert again is frozen until others have gone on beyond the memory of tokens. Awake, it
 * tries before its group tells it anything.
 */
async function frozenSinkWakes(seed: number): Promise<void> {
  const world = new SimulatedWorld({ seed, tokensMax: 20 });
  const { clock, clickHouse, random } = world;
  const frozen = world.start();
  world.fleet.start();
  await clock.advance(15_000);
  clickHouse.away = true;
  await clock.advance(random.between(2_500, 8_000));
  frozen.log.freeze();
  world.start();
  await clock.advance(random.between(1_000, 5_000));
  clickHouse.away = false;
  await clock.advance(random.between(50_000, 70_000));
  frozen.log.thaw();
  await clock.advance(10_000);
  await settleAndCheck(world);
}

/** Without the windows of the last seconds, which may still be on their way. */
const settled =
  ({ clock }: SimulatedWorld) =>
  (truth: PartitionTruth): PartitionTruth => {
    const windows = truth.expected.windows.filter(({ endMs }) => endMs <= clock.nowMs() - 20_000);
    return { ...truth, expected: { ...truth.expected, windows } };
  };
