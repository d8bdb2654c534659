import type { BalancerDriver, PoolState } from './driver.ts';

/**
 * The same balancer as if its configuration gave every server this weight: where the operator says what is safe, and the
 * configuration says something else. Servers that join the pool later have it too.
 */
export function withConfiguredWeight(driver: BalancerDriver, weight: number): BalancerDriver {
  const overridden = (state: PoolState): PoolState =>
    new Map([...state].map(([server, found]) => [server, { ...found, configuredWeight: weight }]));
  return {
    kind: driver.kind,
    limits: driver.limits,
    get doubt() {
      return driver.doubt;
    },
    read: async () => overridden(await driver.read()),
    write: (weights, version) => driver.write(weights, version),
    close: () => driver.close(),
  };
}
