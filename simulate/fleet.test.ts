import { deepEqual, equal, throws } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { CounterEncoder } from '../agent/publisher/counter-encoder.ts';
import { hasCode } from '../base/errors.ts';
import { counterIndex, counters } from '../schemas/counters.ts';
import { createFleet, type Fleet, type FleetOptions } from './fleet.ts';
import { tierSpecs, webTier } from './tiers.ts';

const startMs = 1_700_000_000_000;
const small = (over: Partial<FleetOptions> = {}) => createFleet({ hosts: 60, seed: 1, ...over });

/** Hash of all bytes that a fleet would send in so many seconds. */
function hashOf(fleet: Fleet, seconds: number): string {
  const encoder = new CounterEncoder({ counterCount: counters.length });
  const hash = createHash('sha256');
  for (let second = 0; second < seconds; second++)
    for (const sample of fleet.second(startMs + second * 1_000)) hash.update(encoder.encode(sample, 1));
  return hash.digest('hex');
}

test('the same seed gives the same bytes', () => {
  equal(hashOf(small(), 20), hashOf(small(), 20));
});

test('another seed gives other bytes', () => {
  equal(hashOf(small(), 3) === hashOf(small({ seed: 2 }), 3), false);
});

test('240 hosts: all 20 tiers, ten hosts or more in each, at least 40 web servers of every generation', () => {
  const { placements } = createFleet({ hosts: 240, seed: 1 });
  equal(placements.length, 240);
  equal(new Set(placements.map(({ host }) => host)).size, 240);
  const tierOf = placements.map(({ placements: [placement] }) => placement!.tier);
  for (const { tier } of tierSpecs) equal(tierOf.filter((other) => other === tier).length >= 10, true, tier);
  const web = placements.map(({ placements: [placement] }) => placement!).filter(({ tier }) => tier === webTier);
  equal(web.length >= 40, true);
  deepEqual([...new Set(web.map(({ generation }) => generation))].sort(), [
    'Broadwell',
    'Haswell',
    'IVB',
    'NHM',
    'SC',
    'SNB',
    'VSS',
    'WSM',
    'XWSM',
  ]);
  equal(web.filter(({ generation }) => generation === 'NHM').length >= 8, true);
  deepEqual([...new Set(web.map(({ region }) => region))].sort(), ['ASH', 'ATN', 'PRN', 'SNC']);
});

test('any size is dealt out completely', () => {
  for (const hosts of [20, 21, 57, 240, 1_000, 1_003]) equal(createFleet({ hosts, seed: 1 }).placements.length, hosts);
});

test('the first web server is the seed’s, with its place in full', () => {
  const [first] = createFleet({ hosts: 240, seed: 1 }).placements;
  deepEqual(first, {
    host: 'web12222.snc2',
    placements: [
      {
        tier: 'lbpool-slb.www',
        service: 'web',
        region: 'SNC',
        datacenter: 'snc2',
        rack: 'snc2.i-nhm-01',
        serverType: 'I',
        generation: 'NHM',
        pool: 'www',
        server: 'web12222.snc2',
        build: 'web-r1',
        owner: 'capacity-web',
        validFromMs: 0,
      },
    ],
  });
});

test('web is the reference; a service with two tiers is named once', () => {
  const { services } = createFleet({ hosts: 240, seed: 1 });
  equal(services.length, 18);
  deepEqual(
    services.filter(({ reference }) => reference).map(({ service }) => service),
    ['web'],
  );
  deepEqual([...new Set(services.map(({ product }) => product))].sort(), [
    'Facebook',
    'Instagram',
    'Internet.org',
    'Messenger',
    'Oculus',
    'Whatsapp',
  ]);
});

test('every value is plausible: ratios within 0 and 1, nothing infinite or negative', () => {
  const fleet = small();
  for (let second = 0; second < 30; second++)
    for (const { host, values } of fleet.second(startMs + second * 1_000))
      for (const [column, { name, kind }] of counters.entries()) {
        const value = values[column]!;
        if (Number.isNaN(value)) continue;
        const plausible = Number.isFinite(value) && value >= 0 && (kind !== 'ratio' || value <= 1);
        equal(plausible, true, `${name} = ${value} on ${host}`);
      }
});

test('each counter of a host has values, or is told as not simulated: never both', () => {
  const fleet = small();
  const seen = new Map<string, Set<string>>();
  for (let second = 0; second < 30; second++)
    for (const { host, values } of fleet.second(startMs + second * 1_000)) {
      const names = seen.get(host) ?? new Set<string>();
      for (const [column, { name }] of counters.entries()) if (!Number.isNaN(values[column]!)) names.add(name);
      seen.set(host, names);
    }
  for (const { host, simulated, virtualization, unavailable } of fleet.systemInfos(startMs)) {
    deepEqual([simulated, virtualization], [true, 'simulated']);
    deepEqual(new Set(unavailable.values()), new Set(['not_simulated']));
    const delivered = counters.map(({ name }) => name).filter((name) => !unavailable.has(name));
    const silent = delivered.filter((name) => !seen.get(host)!.has(name));
    // A device without a request in all this time has no latency.
    deepEqual(
      silent.filter((name) => !name.endsWith('_latency_ms')),
      [],
    );
    for (const name of seen.get(host)!) equal(unavailable.has(name), false, name);
  }
});

test('hardware counters beyond the model are never invented', () => {
  const { unavailable } = small().systemInfos(startMs)[0]!;
  for (const name of ['llc_miss_ratio', 'memory_bandwidth_bytes_per_s', 'package_power_watts', 'branch_miss_ratio'])
    equal(unavailable.get(name), 'not_simulated');
});

test('user and kernel time add up to busy time', () => {
  const of = (values: Float64Array, name: string) => values[counterIndex.get(name)!]!;
  for (const { values } of small().second(startMs)) {
    const parts = ['cpu_user_ratio', 'cpu_system_ratio', 'cpu_irq_ratio', 'cpu_softirq_ratio'];
    const sum = parts.reduce((total, name) => total + of(values, name), 0);
    equal(Math.abs(sum - of(values, 'cpu_busy_ratio')) < 1e-12, true);
  }
});

test('load follows the day of the region: in the evening web is busier than in the morning', () => {
  const busyAt = (hourUtc: number) => {
    const fleet = createFleet({ hosts: 60, seed: 1, tiers: [webTier] });
    const noonMs = Date.UTC(2016, 6, 10, hourUtc);
    let sum = 0;
    for (let second = 0; second < 60; second++)
      for (const { values } of fleet.second(noonMs + second * 1_000))
        sum += values[counterIndex.get('cpu_busy_ratio')!]!;
    return sum / 60 / 60;
  };
  const [peak, trough] = [busyAt(2), busyAt(14)];
  equal(peak > trough * 1.4, true, `${peak} against ${trough}`);
});

test('a gap in the asked seconds is simulated unseen, so queues and sequence go on', () => {
  const [whole, gappy] = [small(), small()];
  for (let second = 0; second < 10; second++) whole.second(startMs + second * 1_000);
  gappy.second(startMs);
  deepEqual(gappy.second(startMs + 10_000), whole.second(startMs + 10_000));
});

test('a fault for a host that the fleet does not have is refused', () => {
  throws(
    () => small({ faults: [{ kind: 'silent', target: { host: 'nobody' }, fromMs: 0, forMs: 1_000 }] }),
    (error) => hasCode(error, 'DYNO_USAGE_SCENARIO'),
  );
});
