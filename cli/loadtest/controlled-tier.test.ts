import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { worldOptionsOf } from '../../simulate/loadtest/world-options.ts';
import type { ControlFault } from './control-faults.ts';
import { ControlledTier } from './controlled-tier.ts';

const worldOf = (controlFaults: readonly ControlFault[] = [], seed = 3) =>
  new ControlledTier({ world: worldOptionsOf({ generation: 'NHM', seed }), faults: controlFaults });

/** The panel's weights over their safe ones. */
const isRaised = ({ adapter, tier }: ControlledTier): boolean =>
  tier.panelNames.some((server) => adapter.balancer.weights.get(server)! > 100);

async function run(world: ControlledTier, untilS: number): Promise<readonly boolean[]> {
  await world.start();
  const raised: boolean[] = [];
  while (world.elapsedS < untilS) {
    await world.nextSecond();
    raised.push(isRaised(world));
  }
  return raised;
}

/** By then the test has raised the load. */
const fromS = 150;

/** Seconds from the fault until no weight is raised any more; after that none is for so long as is looked. */
async function secondsToSafe(faults: readonly ControlFault[], world = worldOf(faults)): Promise<number> {
  const raised = await run(world, fromS + 60);
  ok(raised[fromS - 2], 'the load is raised when the fault comes');
  return raised.lastIndexOf(true) + 2 - fromS;
}

for (const kind of ['controller_dies', 'broker_stall', 'kill_switch', 'kill_file'] as const)
  test(`${kind}: safe weights within 12 s, and they stay`, async () => {
    const seconds = await secondsToSafe([{ kind, fromS, forS: 1_000 }]);
    ok(seconds <= 12, `${seconds} s`);
  });

test('adapter_dies: its successor restores safe weights as it starts, and the test ends', async () => {
  const world = worldOf([{ kind: 'adapter_dies', fromS, forS: 2 }]);
  const seconds = await secondsToSafe([], world);
  ok(seconds <= 4, `${seconds} s`);
  equal(world.result?.outcome, 'aborted');
});

test('adapter_dies for good: the controller gives the test up, though nobody can take the weights back', async () => {
  const world = worldOf([{ kind: 'adapter_dies', fromS, forS: 1_000 }]);
  await run(world, fromS + 12);
  deepEqual(
    [world.result?.outcome, world.decisions.find(({ action }) => action === 'abort')?.rail],
    ['aborted', 'ack'],
  );
});

test('second_controller: the first one is fenced, orders nothing any more, and its test is over', async () => {
  const world = worldOf([{ kind: 'second_controller', fromS, forS: 1_000 }]);
  const late: number[] = [];
  let rivalSaid = false;
  world.onTurn = ({ controller, turn }) => {
    if (controller === 1 && turn.command !== undefined) rivalSaid = true;
    if (controller === 0 && rivalSaid && turn.command !== undefined) late.push(world.elapsedS);
  };
  const raised = await run(world, fromS + 60);
  ok(rivalSaid, 'the second controller steers');
  ok(late.length <= 1, `the first one heard of it only after ${late.join(', ')}`);
  ok(world.state.fenced && world.result !== undefined);
  ok(
    raised.slice(fromS + 3, fromS + 30).every((up) => !up),
    'the second one begins at safe weights',
  );
});

test('balancer_reload: weights that nobody ordered end the test, and none begins for 15 minutes', async () => {
  const world = worldOf([{ kind: 'balancer_reload', fromS }]);
  const raised = await run(world, fromS + 60);
  ok(raised[fromS - 2] && raised.slice(fromS + 3).every((up) => !up));
  const abort = world.decisions.find(({ action }) => action === 'abort');
  deepEqual([abort?.rail, world.result?.outcome], ['readback', 'aborted']);
  ok(world.state.disturbedMs !== undefined);
});

test('clock_skew and kill_switch_unknown: nothing is raised meanwhile', async () => {
  for (const kind of ['clock_skew', 'kill_switch_unknown'] as const) {
    const world = worldOf([{ kind, fromS: 70, forS: 50 }]);
    const orders: number[] = [];
    world.onTurn = ({ before, turn }) => {
      if (turn.state.run !== undefined && turn.state.run.factor > (before.run?.factor ?? 1))
        orders.push(world.elapsedS);
    };
    await run(world, 200);
    const from = kind === 'clock_skew' ? 70 : 76;
    deepEqual(
      orders.filter((second) => second >= from && second < 120),
      [],
      kind,
    );
    ok(
      orders.some((second) => second > 120),
      'and the test goes on afterwards',
    );
  }
});

test('telemetry faults: sick host, deploy, errors, silence and a slow back end end a test or hold it, and weights are safe', async () => {
  const faults = [
    [{ kind: 'sick_host', panelHost: 2, fromS, slowness: 1.5 }, 'sick_host'],
    [{ kind: 'deploy', fromS, slowness: 1.05, build: 'build-2' }, 'build_changed'],
    [{ kind: 'errors', fromS, ratio: 0.03 }, 'errors'],
    [{ kind: 'silence', fromS, forS: 600 }, 'stale_panel'],
    [{ kind: 'slow_downstream', fromS, extraMs: 120 }, 'slow_downstream'],
  ] as const;
  for (const [fault, rail] of faults) {
    const world = new ControlledTier({ world: worldOptionsOf({ generation: 'NHM', seed: 4, faults: [fault] }) });
    const raised = await run(world, fromS + 120);
    equal(world.decisions.find(({ timeMs, rail }) => rail !== undefined && timeMs > world.nowMs - 120_000)?.rail, rail);
    ok(
      raised.slice(-10).every((up) => !up),
      rail,
    );
  }
});
