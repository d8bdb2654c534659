import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { withConfiguredWeight } from './configured-weight.ts';
import { weightsOfState } from './driver.ts';
import { safeWeightsFor } from './safe-weights.ts';
import { SimulatedBalancer } from './simulated.ts';

test('an operator’s safe weight is that of every server, and stands behind what a command named; weights are written as ever', async () => {
  const balancer = new SimulatedBalancer({
    weights: new Map([
      ['s1', 10],
      ['s2', 20],
    ]),
  });
  const driver = withConfiguredWeight(balancer, 100);
  const state = await driver.read();
  deepEqual([...weightsOfState(state).values()], [10, 20]);
  deepEqual([...safeWeightsFor(state, undefined).values()], [100, 100]);
  deepEqual([...safeWeightsFor(state, new Map([['s2', 50]])).values()], [100, 50]);
  await driver.write(
    new Map([
      ['s1', 30],
      ['s2', 40],
    ]),
    'v1',
  );
  deepEqual([...balancer.weights.values()], [30, 40]);
  equal(driver.doubt, undefined);
  balancer.doubt = 'Nobody knows.';
  equal(driver.doubt, 'Nobody knows.');
});
