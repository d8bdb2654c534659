import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AdapterWorld } from './testing/adapter-world.ts';
import { Bookkeeper, type HistoryStep } from './testing/bookkeeper.ts';

/**
 * Histories of chance: commands good and bad, some with new safe weights, time, kill switches, restarts, kills in the
 * middle of a write, reloads, drained servers, lost answers. What the adapter did and reported is compared with plain bookkeeping of what was sent to it.
 */
const weight = fc.integer({ min: 60, max: 190 });
const mostly = <T>(usual: T, seldom: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: seldom });
const command = fc.record({
  kind: fc.constant('command' as const),
  weights: fc.record({ s1: weight, s2: weight, s3: weight }),
  over: fc.record({
    epoch: mostly(1, fc.integer({ min: 0, max: 2 })),
    mode: mostly('test', fc.constantFrom('steady', 'revert', 'freeze')),
    dryRun: mostly(false, fc.constant(true)),
  }),
  ageMs: mostly(0, fc.integer({ min: 0, max: 12_000 })),
  dies: mostly(false, fc.constant(true)),
  namesSafe: fc.boolean(),
  seesDrain: mostly(true, fc.constant(false)),
});
const step: fc.Arbitrary<HistoryStep> = fc.oneof(
  { weight: 8, arbitrary: command },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(200, 1_000, 2_000, 6_000, 11_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('by_hand' as const),
      server: fc.constantFrom('s1', 's2', 's3'),
      weight: mostly(0, weight),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('again' as const, 'restart' as const, 'reload' as const, 'topic_silent' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('kill_file' as const, 'kill_topic' as const), on: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom('refused' as const, 'answer_lost' as const, 'half_written' as const),
      after: fc.integer({ min: 0, max: 3 }),
    }),
  },
);

test('in every history each change is explained by one accepted live command or a revert, none is accepted expired, fenced or killed, and no drained server moves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const bookkeeper = new Bookkeeper(await AdapterWorld.started());
      for (const one of steps) await bookkeeper.take(one);
      const { world } = bookkeeper;
      world.balancer.faults.length = 0;
      await bookkeeper.take({ kind: 'time', ms: 12_000 });
      const complaint = bookkeeper.complaint();
      ok(complaint === undefined, `${complaint}: ${world.statuses.join(' ')}`);
      const othersChangedIt = steps.some((one) => one.kind === 'reload' || (one.kind === 'by_hand' && one.weight > 0));
      ok(othersChangedIt || bookkeeper.standsSafe, `12 s after the last command: ${JSON.stringify(world.weights)}`);
    }),
    { numRuns: 200, seed: 5 },
  );
});
