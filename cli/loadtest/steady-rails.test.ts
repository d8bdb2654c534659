import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { capacityWeights, stepTowards } from '../../operators/control/steady-weights.ts';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import { sameWeights, serverWeights, stateHashOf, type Weights } from '../../schemas/weight-state.ts';
import { judgeWeights } from '../../sinks/loadbalancer/acceptance.ts';
import { defaultRails } from '../../sinks/loadbalancer/rails.ts';

const limits = { modes: ['steady' as const, 'revert' as const], weightMin: 0, weightMax: 256, changeEveryMs: 0 };

/** A step between tests as the controller commands it: its weights are the safe ones too. */
function commandOf(wanted: Weights, standing: Weights): WeightCommand {
  const weights = serverWeights(wanted);
  return {
    ...{ commandId: 'c', pool: 'p', tier: 'web', epoch: 1, seq: 1, issuedAt: 0, ttlMs: 10_000, mode: 'steady' },
    ...{ runId: undefined, reason: '', evidence: undefined, dryRun: false },
    weights: weights.map((each) => ({ ...each, previous: standing.get(each.server) })),
    safeWeights: weights,
    expectStateHash: stateHashOf(standing),
  };
}

test('whatever is measured in a pool that can be tested: its adapter takes every step between tests', () => {
  const pools = fc.array(
    fc.record({
      generation: fc.constantFrom('VSS', 'NHM', 'SNB'),
      hitsPerS: fc.double({ min: 15, max: 150, noNaN: true }),
      weight: fc.integer({ min: 40, max: 160 }),
    }),
    { minLength: 12, maxLength: 40 },
  );
  fc.assert(
    fc.property(pools, (hosts) => {
      const wanted = capacityWeights(
        hosts.map((host, i) => ({ ...host, server: `s${i}` })),
        256,
      );
      let standing: Weights = new Map(hosts.map(({ weight }, i) => [`s${i}`, weight]));
      for (let minute = 0; minute < 100; minute++) {
        const next = stepTowards(standing, wanted);
        if (sameWeights(next, standing)) return;
        const state = new Map(
          [...standing].map(([server, weight]) => [server, { weight, configuredWeight: 100, healthy: true }]),
        );
        const verdict = judgeWeights(commandOf(next, standing), {
          ...{ nowMs: 0, state, safe: standing, rails: defaultRails, limits },
          ...{ kill: 'off', heldMs: 0, lastChangeMs: undefined },
        });
        ok(!('why' in verdict), 'why' in verdict ? verdict.reason : '');
        ok(verdict.safeWeights !== undefined && sameWeights(verdict.safeWeights, next));
        standing = next;
      }
      ok(false, 'no end after 100 steps');
    }),
    { numRuns: 100 },
  );
});
