import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { TierSecondsBlock } from '../../schemas/blocks.ts';
import { controlMetrics, TierHosts } from './tier-hosts.ts';

interface Row {
  readonly host: string;
  readonly hits?: number;
  readonly ms?: number;
  readonly busy?: number;
  readonly errors?: number;
  readonly pool?: string;
  readonly build?: string;
}

const block = (rows: readonly Row[]): TierSecondsBlock => ({
  kind: 'tier-seconds',
  ...{ windowEndMs: 0, windowMs: 1_000, source: 0, sources: 1, epoch: 1, part: 0, parts: 1 },
  hosts: rows.map(({ host, pool = 'north', build = 'b1' }) => ({
    ...{ host, tier: 'web', service: 'www', region: 'snc', serverType: 'I', generation: 'NHM', build, pool },
    server: host,
  })),
  metrics: controlMetrics,
  values: Float64Array.from([
    ...rows.map(({ hits = 10 }) => hits),
    ...rows.map(({ ms = 100 }) => ms),
    ...rows.map(({ busy = 0.5 }) => busy),
    ...rows.map(({ errors = Number.NaN }) => errors),
    ...rows.map(() => 300),
  ]),
});
const known = () => 16;
const names = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => ({ host: `h${from + i}` }));

test('a second is the panel host by host, and all others of the pool as one: means over hits, not over hosts', () => {
  const hosts = new TierHosts(known);
  hosts.take(1_000, [
    block([
      { host: 'p', hits: 40, ms: 150 },
      { host: 'a', hits: 30, ms: 100, busy: 0.6 },
    ]),
    block([
      { host: 'b', hits: 10, ms: 200, busy: 0.2 },
      { host: 'south', hits: 500, ms: 9, pool: 'south' },
    ]),
  ]);
  const { panel, rest } = hosts.second(['p'], 'north', true);
  deepEqual(
    panel.map(({ host, hitsPerS, durationMs, errorsPerS, p95Ms }) => [host, hitsPerS, durationMs, errorsPerS, p95Ms]),
    [['p', 40, 150, 0, 300]],
  );
  deepEqual(
    [rest.hosts, rest.healthyHosts, rest.poolHosts, rest.hitsPerS, rest.durationMs, rest.busyRatio],
    [3, 3, 2, 40, 125, 0.4],
  );
});

test('a host that falls silent is stale after 5 s, and after ten minutes it is not one of the tier any more', () => {
  const hosts = new TierHosts(known);
  hosts.take(0, [block(names(0, 3))]);
  const restAt = (timeMs: number) => {
    hosts.take(timeMs, [block(names(0, 2))]);
    const { rest } = hosts.second([], 'north', true);
    return [rest.hosts, rest.healthyHosts, rest.staleHosts];
  };
  deepEqual(
    [restAt(5_000), restAt(6_000), restAt(600_000), restAt(601_000)],
    [
      [3, 2, 0],
      [3, 2, 1],
      [3, 2, 1],
      [2, 2, 0],
    ],
  );
});

test('uptime is what was seen: it begins anew after a silence and with another build, which is a deploy', () => {
  const hosts = new TierHosts(known);
  const uptimes = (): unknown[] =>
    hosts.scheduled().map(({ host, uptimeS, buildSinceMs }) => [host, uptimeS, buildSinceMs]);
  hosts.take(0, [block([{ host: 'a' }, { host: 'b' }, { host: 'c' }])]);
  equal(hosts.deployed, 0);
  hosts.take(30_000, [block([{ host: 'a' }, { host: 'b', build: 'b2' }])]);
  equal(hosts.deployed, 1);
  hosts.take(31_000, [block([{ host: 'a' }, { host: 'b', build: 'b2' }, { host: 'c' }])]);
  equal(hosts.deployed, 0);
  deepEqual(uptimes(), [
    ['a', 31, 0],
    ['b', 1, 30_000],
    ['c', 0, 0],
  ]);
});

test('a host whose logical CPUs are not known cannot be tested', () => {
  const hosts = new TierHosts(({ host }) => (host === 'a' ? 16 : undefined));
  hosts.take(0, [block([{ host: 'a' }, { host: 'b' }])]);
  deepEqual(
    hosts.scheduled().map(({ healthy }) => healthy),
    [true, false],
  );
});

test('hosts that mostly fail, or get nothing where the others are busy, are not healthy, and do not take a dead panel', () => {
  const hosts = new TierHosts(known);
  const restOf = (...rows: Row[]) => {
    hosts.take(1_000, [block([...names(0, 3), ...rows])]);
    const { rest } = hosts.second([], 'north', true);
    return [rest.healthyHosts, rest.poolHosts, rest.busyRatio];
  };
  deepEqual(restOf(), [3, 3, 0.5]);
  deepEqual(restOf({ host: 'failing', errors: 6 }), [3, 4, 0.5]);
  deepEqual(restOf({ host: 'few errors', errors: 4 }), [4, 4, 0.5]);
  // 30 hits/s over four hosts are not busy: a second without any is chance. 100 over four are.
  deepEqual(restOf({ host: 'idle', hits: 0, busy: 0 }), [4, 3, 0.5]);
  deepEqual(restOf({ host: 'loaded', hits: 70 }, { host: 'drained', hits: 0, busy: 0 }), [4, 4, 0.5]);
});
