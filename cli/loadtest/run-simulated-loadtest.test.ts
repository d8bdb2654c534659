import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { runSimulatedLoadTest } from './run-simulated-loadtest.ts';

for (const [generation, lambda100, seed] of [
  ['VSS', 19.2, 2],
  ['NHM', 48, 21],
  ['SNB', 116.16, 21],
] as const)
  test(`the hit rate at which ${generation} adds 100 ms is found: ${lambda100} within 4 %`, async () => {
    const { truth, estimate, outcome, seconds } = await runSimulatedLoadTest({ generation, seed });
    ok(Math.abs(truth.lambda100 / lambda100 - 1) < 1e-6, `truth ${truth.lambda100}`);
    equal(outcome, 'found');
    ok(Math.abs(estimate!.lambda100 / lambda100 - 1) < 0.04, `${estimate!.lambda100}`);
    ok(estimate!.lo < estimate!.lambda100 && estimate!.lambda100 < estimate!.hi);
    ok(seconds < 900);
  });

test('the same seed is the same load test, another one is another', async () => {
  const run = (seed: number) => runSimulatedLoadTest({ generation: 'NHM', seed });
  const [five, again, six] = [await run(5), await run(5), await run(6)];
  deepEqual(five, again);
  ok(five.estimate!.lambda100 !== six.estimate!.lambda100);
});

test('a test that may not last long enough says so and gives no false answer', async () => {
  const { outcome, seconds } = await runSimulatedLoadTest({ generation: 'NHM', seed: 1, maxS: 60 });
  deepEqual([outcome, seconds], ['inconclusive', 60]);
});

test('what cannot be simulated is refused with what was expected', async () => {
  for (const given of [{ generation: 'FOO' }, { panelHosts: 0 }, { cv2: 0.2 }, { serviceMs: 0, logicalCpus: 4 }])
    try {
      await runSimulatedLoadTest(given);
      ok(false, JSON.stringify(given));
    } catch (error) {
      equal((error as { code?: string }).code, 'DYNO_USAGE_SIMULATE', JSON.stringify(given));
    }
});
