import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import { controlTurn } from './controller.ts';
import type { ControllerState } from './controller-state.ts';
import { ControlWorld, request, type WorldNow } from './testing/control-world.ts';

/** What may befall for some seconds. `forbids`: while it lasts (and for `after` seconds), nothing may be raised. */
interface Trouble {
  readonly name: string;
  readonly now?: WorldNow;
  readonly begins?: (world: ControlWorld) => void;
  /** Seconds from its beginning after which a raise is forbidden; undefined = it forbids nothing by itself. */
  readonly forbidsAfterS: number | undefined;
}

const troubles: readonly Trouble[] = [
  { name: 'nothing', forbidsAfterS: undefined },
  { name: 'silent panel', now: { rows: () => [] }, forbidsAfterS: 3 },
  { name: 'silent host', now: { rows: (rows) => rows.slice(1) }, forbidsAfterS: 3 },
  { name: 'no telemetry', now: { noSeconds: true }, forbidsAfterS: 3 },
  { name: 'backlog', now: { live: false }, forbidsAfterS: 0 },
  { name: 'stale tier', now: { rest: { staleHosts: 20 } }, forbidsAfterS: 0 },
  { name: 'kill switch', now: { killSwitch: true }, forbidsAfterS: 0 },
  { name: 'kill switch unknown', now: { killSwitch: undefined }, forbidsAfterS: 5 },
  { name: 'clock', now: { tick: (tick) => ({ ...tick, wallMs: tick.wallMs + 1_400 }) }, forbidsAfterS: 0 },
  { name: 'silent adapter', now: { answer: () => undefined }, forbidsAfterS: 4 },
  { name: 'rejections', now: { answer: () => ({ status: 'rejected_state', readBack: [] }) }, forbidsAfterS: 2 },
  {
    name: 'fenced',
    begins: (world) =>
      world.hear({
        kind: 'applied',
        epoch: world.state.epoch + 1,
        seq: 1,
        status: 'applied',
        readBack: world.pool,
        wallMs: world.wallMs,
      }),
    forbidsAfterS: 0,
  },
  {
    name: 'lease again',
    begins: (world) => world.hear({ kind: 'takeover', epoch: world.state.epoch + 2 }),
    forbidsAfterS: undefined,
  },
  { name: 'asked for', begins: (world) => world.hear({ kind: 'start', request }), forbidsAfterS: undefined },
];

/** A weight that goes up, and not towards the safe one. */
const raises = ({ mode, weights }: WeightCommand): boolean =>
  mode !== 'revert' && weights.some(({ weight, previous }) => weight > Math.max(100, previous ?? 0));

const well = fc.record({ trouble: fc.constant(0), seconds: fc.integer({ min: 10, max: 60 }) });
const ill = fc.record({
  trouble: fc.integer({ min: 1, max: troubles.length - 1 }),
  seconds: fc.integer({ min: 1, max: 25 }),
});
const histories = fc.array(fc.oneof({ arbitrary: well, weight: 3 }, ill), { minLength: 4, maxLength: 20 });

test('whatever befalls: no raise while telemetry is stale, the switch is on or unknown, the lease lost, an answer due', () => {
  let raised = 0;
  let fencedForGood = false;
  fc.assert(
    fc.property(histories, fc.boolean(), (history, quiet) => {
      const world = quiet ? ControlWorld.ramping() : new ControlWorld();
      fencedForGood = false;
      for (const { trouble, seconds } of history) {
        const { name, now = {}, begins, forbidsAfterS } = troubles[trouble]!;
        world.now = now;
        begins?.(world);
        if (name === 'fenced') fencedForGood = true;
        if (name === 'lease again') fencedForGood = false;
        for (let s = 0; s < seconds; s++) {
          const sent = world.commands.length;
          world.step();
          const commands = world.commands.slice(sent);
          ok(commands.length <= 1, 'at most one command a tick');
          if (fencedForGood) equal(commands.length, 0, 'a fenced controller orders nothing');
          if (!commands.some(raises)) continue;
          raised++;
          ok(forbidsAfterS === undefined || s < forbidsAfterS, `${name} for ${s + 1} s: ${commands[0]!.reason}`);
        }
      }
    }),
    { numRuns: 150, seed: 5 },
  );
  ok(raised > 100, `the property says something only where loads are raised: ${raised}`);
});

test('commands are numbered without a gap, name every server of the pool, and live 10 s', () => {
  const world = ControlWorld.ramping();
  world.secondsUntil(({ action }) => action === 'found', 900);
  world.step(60);
  deepEqual(
    world.commands.map(({ seq }) => seq),
    world.commands.map((_, at) => at + 1),
  );
  for (const { weights, ttlMs, epoch } of world.commands) deepEqual([weights.length, ttlMs, epoch], [160, 10_000, 1]);
  ok(
    [...world.weights.values()].every((weight) => weight === 100),
    'and safe weights stand in the end',
  );
});

test('the same events give the same turns, through the state as it is kept', () => {
  const world = ControlWorld.ramping();
  const kept = JSON.parse(JSON.stringify(world.state)) as ControllerState;
  const tick = {
    kind: 'tick',
    wallMs: world.wallMs + 1_000,
    monotonicMs: 1e9,
    brokerMs: world.wallMs + 1_000,
  } as const;
  const asKept = (turn: unknown): unknown => JSON.parse(JSON.stringify(turn));
  deepEqual(asKept(controlTurn(kept, tick)), asKept(controlTurn(world.state, tick)));
});
