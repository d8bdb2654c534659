import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import type { WeightApplied, WeightCommand } from '../../schemas/weight-records.ts';
import { serverWeights } from '../../schemas/weight-state.ts';
import { AdapterWorld, type AdapterWorldOptions, type NamedWeights, named } from './testing/adapter-world.ts';

const safe = { s1: 100, s2: 100, s3: 100 };
const steady = { s1: 110, s2: 100, s3: 95 };

/** A command for `steady` that names it as safe too. */
const steadyCommand = (world: AdapterWorld, weights = steady): WeightCommand =>
  world.command(weights, { mode: 'steady', safeWeights: serverWeights(named(weights)) });

const engage = (world: AdapterWorld): void => {
  world.topicKilled = true;
  void world.adapter.onKillSwitch({ engaged: true, atMs: world.clock.monotonicMs() });
};

/** What befalls a command on its way to the balancer, and its answer. */
const refused: [
  says: string,
  befalls: (world: AdapterWorld, lag: { ms: number }) => void,
  ageMs: number,
  status: string,
][] = [
  [
    'expires while the balancer is asked',
    (_, lag) => {
      lag.ms = 700;
    },
    9_400,
    'rejected_expired',
  ],
  [
    'is killed while it is put on the disk',
    (world) => {
      world.disk.onSave = ({ lastWritten }) => lastWritten?.commandId === 'c2' && engage(world);
    },
    0,
    'rejected_killed',
  ],
  [
    'finds a disk that fails after its (epoch, seq)',
    (world) => {
      world.disk.onSave = () => {
        world.disk.fails = true;
      };
    },
    0,
    'rejected_disk',
  ],
  ['is half written', (world) => world.balancer.faults.push(undefined, 'half_written'), 0, 'readback_mismatch'],
];
for (const [says, befalls, ageMs, status] of refused)
  test(`a command that ${says} is ${status}, and its safe weights are nobody's: not now, not after a restart`, async () => {
    const lag = { ms: 0 };
    const world: AdapterWorld = await AdapterWorld.started({
      answerAfter: async () => {
        const { ms } = lag;
        lag.ms = 0;
        if (ms > 0) await world.clock.advance(ms);
      },
    });
    await world.send(world.command({ s1: 150, s2: 100, s3: 100 }));
    befalls(world, lag);
    const command = steadyCommand(world);
    await world.adapter.onCommand(command, ageMs);
    const answer = world.reports.find(({ commandId }: WeightApplied) => commandId === command.commandId);
    equal(answer?.status, status);
    world.disk.onSave = () => {};
    await world.advance(11_000);
    deepEqual(world.weights, safe);
    world.disk.fails = false;
    await world.restart();
    deepEqual(world.weights, safe);
  });

test('a restart does not report the command that was refused between the disk and the balancer', async () => {
  const world = await AdapterWorld.started();
  await world.send(world.command({ s1: 150, s2: 100, s3: 100 }));
  world.disk.onSave = ({ lastWritten }) => lastWritten?.commandId === 'c2' && engage(world);
  equal((await world.send(steadyCommand(world))).status, 'rejected_killed');
  world.reports.length = 0;
  await world.restart();
  deepEqual([world.reports[0]?.status, world.reports[0]?.commandId], ['reverted_restart', 'c1']);
});

test('a process that dies between write and read-back restarts to the safe weights of before', async () => {
  const world = await AdapterWorld.started();
  world.connection.cutAfterWrite = true;
  void world.adapter.onCommand(steadyCommand(world), 0);
  await world.clock.advance(0);
  deepEqual(world.weights, steady);
  await world.restart();
  deepEqual(world.weights, safe);
});

test('a kill switch that is engaged while the balancer writes leads to the safe weights of before', async () => {
  const world = await AdapterWorld.started();
  world.balancer.onChange = () => {
    world.balancer.onChange = () => {};
    engage(world);
  };
  const { status, reason } = await world.send(steadyCommand(world));
  equal(status, 'applied');
  match(reason, /Its safe weights were not kept: those before it stay\.$/);
  await world.advance(1_000);
  deepEqual([world.weights, world.reports.at(-1)?.status], [safe, 'reverted_killed']);
});

test('safe weights that no disk keeps are not gone back to, although the command was written and says so', async () => {
  const world = await AdapterWorld.started();
  world.balancer.onChange = () => {
    world.disk.fails = true;
  };
  const { status, reason } = await world.send(steadyCommand(world));
  deepEqual([status, world.weights], ['applied', steady]);
  match(reason, /^Written and read back\. Its safe weights were not kept/);
  await world.advance(10_000);
  deepEqual(world.weights, safe);
});

test('a disk that fails loses no fencing: what was refused for it is not taken when the disk is well again', async () => {
  const world = await AdapterWorld.started();
  const command = steadyCommand(world);
  world.disk.fails = true;
  equal((await world.send(command)).status, 'rejected_disk');
  world.disk.fails = false;
  equal((await world.send(command)).status, 'duplicate');
});

const named100And90 = { s1: 100, s3: 90 };
const firsts: [says: string, first: AdapterWorldOptions['firstSafeWeights'], stands: NamedWeights][] = [
  ['nothing: those of the balancer', undefined, { s1: 110, s2: 120, s3: 130 }],
  ['one for every server', 100, safe],
  ['some by server: the others have those of the balancer', named100And90, { s1: 100, s2: 120, s3: 90 }],
];
for (const [says, firstSafeWeights, stands] of firsts)
  test(`without a command the safe weights are what the operator named (${says})`, async () => {
    const configured = { s1: 110, s2: 120, s3: 130 };
    deepEqual((await AdapterWorld.started({ configured, firstSafeWeights })).weights, stands);
  });

test('what the operator names stands behind what a command named, and is not kept: changed, it is another after a restart', async () => {
  const options: AdapterWorldOptions = { firstSafeWeights: named100And90 };
  const world = await AdapterWorld.started(options);
  equal((await world.send(world.command({ s1: 120, s2: 100, s3: 90 }))).status, 'applied');
  options.firstSafeWeights = { s1: 105, s2: 95, s3: 90 };
  await world.restart();
  deepEqual(world.weights, options.firstSafeWeights);
  await world.advance(200);
  equal((await world.send(steadyCommand(world))).status, 'applied');
  await world.restart();
  deepEqual(world.weights, steady);
});
