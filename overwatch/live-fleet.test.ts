import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { tierHosts } from './live/host-rows.ts';
import { tierSeries, tierTable } from './live/tier-table.ts';
import { LiveFleet } from './live-fleet.ts';
import { blocksOf, hostNames, markerOf, type SyntheticTier, secondOf } from './testing/synthetic-fleet.ts';

const startMs = 1_700_000_000_000;
const rcuOf = (generation: string) => (generation === 'WSM' ? 1.4 : generation === 'Haswell' ? undefined : 1);
const fleetOf = (options: { simulatedHosts?: ReadonlySet<string> } = {}) =>
  new LiveFleet({ epoch: 1, thisHost: 'real1', rcuOf, ...options });

const web: SyntheticTier = {
  tier: 'web.prod',
  service: 'web',
  hosts: hostNames('web', 5),
  cpu: (index) => [0.1, 0.2, 0.3, 0.4, 0.5][index] ?? 0,
  hitsPerS: (index) => 10 * (index + 1),
  latencyMs: (index) => (index === 0 ? 100 : 25),
};
const cache: SyntheticTier = { tier: 'cache.prod', service: 'cache', hosts: hostNames('cache', 2), cpu: () => 0.36 };

function play(fleet: LiveFleet, tiers: readonly SyntheticTier[], seconds: number, sources = 2): number {
  let endMs = startMs;
  for (let second = 0; second < seconds; second++) {
    endMs += 1_000;
    for (const message of secondOf(tiers, { endMs, sources })) fleet.take(0, message);
  }
  return endMs;
}

test('a row says the percentiles over hosts, the sum of hits and the latency weighted by hits', () => {
  const fleet = fleetOf();
  const endMs = play(fleet, [web], 3);
  const row = tierTable(fleet, endMs + 500).tiers[0];
  const cpu = Object.fromEntries(Object.entries(row?.cpu ?? {}).map(([name, value]) => [name, +value.toFixed(9)]));
  deepEqual(cpu, { p5: 0.12, p25: 0.2, p50: 0.3, p75: 0.4, p95: 0.48 });
  equal(row?.hosts, 5);
  equal(row?.cpu_hosts, 5);
  equal(row?.hits_per_s, 150);
  equal(row?.latency_ms, (100 * 10 + 25 * 140) / 150);
  equal(row?.rcu, 5);
  equal(row?.time_ms, endMs);
  equal(row?.partial, false);
  deepEqual(row.missing, {});
});

test('the first second after the start is not shown: part of it may lie before the start', () => {
  const fleet = fleetOf();
  play(fleet, [web], 1);
  equal(tierTable(fleet, startMs).tiers.length, 0);
  equal(tierTable(fleet, startMs).time_ms, null);
});

test('a second is shown only when every source has closed it', () => {
  const fleet = fleetOf();
  const endMs = play(fleet, [web], 2);
  const at = { endMs: endMs + 1_000, sources: 2 };
  for (const block of blocksOf(web, at)) fleet.take(0, block);
  fleet.take(0, markerOf(0, at));
  equal(tierTable(fleet, 0).time_ms, endMs);
  fleet.take(0, markerOf(1, at));
  equal(tierTable(fleet, 0).time_ms, endMs + 1_000);
});

test('a silent source does not stop the table: the second is shown after a while, marked partial and counted', () => {
  const fleet = fleetOf();
  const endMs = play(fleet, [web], 2);
  for (let second = 1; second <= 20; second++) {
    const at = { endMs: endMs + second * 1_000, sources: 2 };
    fleet.take(0, blocksOf(web, at)[0]!);
    fleet.take(0, markerOf(0, at));
  }
  const table = tierTable(fleet, 0);
  equal(table.time_ms, endMs + 5_000);
  equal(table.tiers[0]?.partial, true);
  equal(table.partial_seconds, 5);
});

test('a missing value is null with the reason that the host gave, never 0', () => {
  const fleet = fleetOf();
  fleet.takeOrigin({ host: 'cache0000', simulated: true, unavailable: new Map([['requests_per_s', 'not_permitted']]) });
  play(fleet, [cache], 3);
  const row = tierTable(fleet, 0).tiers[0];
  equal(row?.hits_per_s, null);
  equal(row?.latency_ms, null);
  deepEqual(row.missing, { hits_per_s: 'not_permitted', latency_ms: 'not_reported' });
});

test('RCU of hosts whose generation has none is not added as 0 but counted apart', () => {
  const fleet = fleetOf();
  const old = { ...cache, tier: 'a', hosts: hostNames('a', 3), generation: 'WSM' };
  const secret = { ...cache, tier: 'b', hosts: hostNames('b', 2), generation: 'Haswell' };
  play(fleet, [old, secret], 3);
  const [a, b] = tierTable(fleet, 0).tiers;
  deepEqual([a?.rcu?.toFixed(1), a?.rcu_unknown_hosts], ['4.2', 0]);
  deepEqual([b?.rcu, b?.rcu_unknown_hosts, b?.missing['rcu']], [null, 2, 'rcu_of_generation_unknown']);
});

test('each tier is compared with the p50 of service web, except web itself; 1.2 times is 1.2', () => {
  const fleet = fleetOf();
  play(fleet, [web, cache], 3);
  const table = tierTable(fleet, 0);
  equal(table.reference.cpu_p50, 0.3);
  equal(table.tiers[0]?.versus_reference, null);
  equal(table.tiers[1]?.versus_reference, 1.2);
});

test('which hosts are simulated: by SystemInfo, else by the given set, else not claimed either way', () => {
  const fleet = fleetOf({ simulatedHosts: new Set(['web0000']) });
  fleet.takeOrigin({ host: 'web0001', simulated: true, unavailable: new Map() });
  fleet.takeOrigin({ host: 'web0002', simulated: false, unavailable: new Map() });
  play(fleet, [web], 3);
  const row = tierTable(fleet, 0).tiers[0];
  deepEqual([row?.hosts, row?.simulated_hosts, row?.unknown_origin_hosts], [5, 2, 2]);
  const hosts = tierHosts(fleet, 'web.prod', { nowMs: 0, limit: 10 })?.hosts;
  deepEqual(
    hosts?.map((host) => host.simulated),
    [true, true, false, null, null],
  );
});

test('this machine is marked in its tier and in its row, and stands beside the table', () => {
  const fleet = fleetOf();
  play(fleet, [{ ...cache, tier: 'unassigned', service: '', hosts: ['real1'] }], 3);
  equal(tierTable(fleet, 0).tiers[0]?.has_this_host, true);
  equal(tierTable(fleet, 0).this_host?.metrics['cpu_busy_ratio'], 0.36);
  equal(tierHosts(fleet, 'unassigned', { nowMs: 0, limit: 10 })?.hosts[0]?.this_host, true);
});

test('a second in which nothing came is a gap in the series and in the sparkline', () => {
  const fleet = fleetOf();
  const endMs = play(fleet, [web], 4);
  const later = { endMs: endMs + 3_000, sources: 2 };
  for (const message of secondOf([web], later)) fleet.take(0, message);
  const series = tierSeries(fleet, 'web.prod');
  deepEqual(series?.cpu_p50, [0.3, 0.3, 0.3, null, null, 0.3]);
  equal(series.time_ms.length, 6);
  const spark = tierTable(fleet, 0).tiers[0]?.spark ?? [];
  equal(spark.length, 60);
  equal(spark[0], null);
  ok(spark.at(-1) === 0.3 || spark.at(-2) === 0.3);
});

test('a host that falls silent leaves the count after 10 s, and is listed with its age until then', () => {
  const fleet = fleetOf();
  const endMs = play(fleet, [web], 3);
  const fewer = { ...web, hosts: web.hosts.slice(0, 4) };
  for (let second = 1; second <= 10; second++)
    for (const message of secondOf([fewer], { endMs: endMs + second * 1_000, sources: 2 })) fleet.take(0, message);
  equal(tierTable(fleet, 0).tiers[0]?.hosts, 4);
  equal(tierHosts(fleet, 'web.prod', { nowMs: 0, limit: 10 })?.hosts[4]?.age_s, 10);
});

test('blocks of another epoch are passed over; a block of a closed second is counted, not shown', () => {
  const fleet = fleetOf();
  const endMs = play(fleet, [web], 3);
  fleet.take(0, { ...blocksOf(web, { endMs: endMs + 1_000, sources: 1 })[0]!, epoch: 2 });
  fleet.take(0, blocksOf(web, { endMs, sources: 1 })[0]!);
  equal(tierTable(fleet, 0).late_blocks, 1);
  equal(tierTable(fleet, 0).tiers[0]?.cpu_hosts, 5);
});

test('tiers are bounded: the one silent longest goes first', () => {
  const fleet = new LiveFleet({ epoch: 1, thisHost: 'x', rcuOf, tiersMax: 2 });
  play(
    fleet,
    ['a', 'b', 'c'].map((tier) => ({ ...cache, tier })),
    3,
  );
  equal([...fleet.tiers()].length, 2);
});
