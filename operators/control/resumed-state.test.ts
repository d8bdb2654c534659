import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { controlTurn } from './controller.ts';
import type { ControllerState } from './controller-state.ts';
import { resumedState } from './resumed-state.ts';
import { ControlWorld, request } from './testing/control-world.ts';

/** As a state topic gives it back. */
const kept = (state: ControllerState): ControllerState => JSON.parse(JSON.stringify(state)) as ControllerState;

/** A run as a program before today kept it: without blocks and counts of hits, neighbours and dry runs. */
function ofOlderProgram(state: ControllerState): ControllerState {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== 'object' || value === null) return value;
    const gone = new Set([
      'blocks',
      'counts',
      'neighbours',
      'dryRun',
      'startedMs',
      'arrivalCv2',
      'rehearsal',
      'steady',
    ]);
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !gone.has(name))
        .map(([name, each]) => [name, strip(each)]),
    );
  };
  return strip(kept(state)) as ControllerState;
}

test('a run of an older program is taken back: safe weights are ordered under the next lease, whatever it lacks', () => {
  const before = ControlWorld.ramping();
  const world = new ControlWorld();
  world.state = resumedState(ofOlderProgram(before.state));
  world.wallMs = before.wallMs;
  world.weights = before.weights;
  world.hear({ kind: 'takeover', epoch: before.state.epoch + 1 });
  const { action, rail } = world.step();
  deepEqual([action, rail, world.commands.at(-1)!.mode], ['abort', 'takeover', 'revert']);
  world.step(120);
  equal(world.state.phase, 'idle');
});

test('a test that waited does not wait any more, and nothing that was heard then is taken for now', () => {
  const world = new ControlWorld();
  world.step(3);
  const waiting = { ...world.state, pending: request, neighbours: { tests: [], knownMs: 1 } };
  const { pending, observed, killSwitch, clock, live, neighbours, command } = resumedState(kept(waiting));
  deepEqual(
    [pending, observed, killSwitch, clock, live, neighbours, command],
    [...Array(4).fill(undefined), false, undefined, undefined],
  );
});

test('lease, cooldown, aborts and disturbances stay, also without a run', () => {
  const state = { ...new ControlWorld().state, epoch: 7, cooldownUntilMs: 99, aborts: 2, disturbedMs: 5 };
  const { epoch, cooldownUntilMs, aborts, disturbedMs, phase } = resumedState(kept({ ...state, phase: 'cooldown' }));
  deepEqual([epoch, cooldownUntilMs, aborts, disturbedMs, phase], [7, 99, 2, 5, 'cooldown']);
  equal(resumedState(kept({ ...state, phase: 'drain' })).phase, 'idle', 'a phase without its run is over');
});

test('before a complete second is read nothing is raised', () => {
  const world = new ControlWorld();
  const resumed = resumedState(kept(world.state));
  const taken = controlTurn(resumed, { kind: 'takeover', epoch: 9 }).state;
  const asked = controlTurn(taken, { kind: 'start', request }).state;
  const tick = { kind: 'tick', wallMs: world.wallMs, monotonicMs: 1, brokerMs: world.wallMs } as const;
  const { command, decisions } = controlTurn(asked, tick);
  ok(command === undefined && decisions[0]!.action === 'nothing', JSON.stringify(decisions));
});
