import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { clusterInUseIn, refusalCountersOf, refusalsIn } from './admin-answers.ts';

const endpoints = new Map([
  ['s1', { address: '10.0.0.1', port: 8_080 }],
  ['s2', { address: '10.0.0.2', port: 8_080 }],
]);

/** As the protocol of Envoy's administration interface has it, without what is of no matter here. */
const host = (address: string, weight: number, health: object = { eds_health_status: 'HEALTHY' }) => ({
  address: { socket_address: { address, port_value: 8_080 } },
  stats: [
    { name: 'cx_total', value: '45' },
    { name: 'rq_active', type: 'GAUGE' },
  ],
  health_status: health,
  weight,
  locality: {},
});
const clusters = (hosts: readonly object[], over: object = {}): string =>
  JSON.stringify({
    cluster_statuses: [
      { name: 'other', host_statuses: [host('10.0.0.1', 7)] },
      { name: 'web', added_via_api: true, host_statuses: hosts, observability_name: 'web', ...over },
    ],
  });
const told = (text: string) => {
  const answer = clusterInUseIn(text, 'web', endpoints);
  return typeof answer === 'string' ? answer : { ...answer, servers: Object.fromEntries(answer.servers) };
};

test('weights in thousandths and the health of each server, in any order of hosts', () =>
  deepEqual(told(clusters([host('10.0.0.2', 40_000), host('10.0.0.1', 242_000)])), {
    statsName: 'web',
    servers: { s1: { weight: 242, healthy: true }, s2: { weight: 40, healthy: true } },
  }));

test('a server that drains has the weight 0, however this Envoy tells it; draining is our doing, not ill health', () => {
  for (const eds_health_status of ['DRAINING', 'UNHEALTHY'])
    deepEqual(told(clusters([host('10.0.0.1', 100_000), host('10.0.0.2', 1, { eds_health_status })])), {
      statsName: 'web',
      servers: { s1: { weight: 100, healthy: true }, s2: { weight: 0, healthy: true } },
    });
});

test("a server is ill by Envoy's own checks, each of them", () => {
  const flags = ['failed_active_health_check', 'failed_outlier_check', 'pending_active_hc', 'pending_dynamic_removal'];
  for (const flag of flags) {
    const text = clusters([host('10.0.0.1', 100_000), host('10.0.0.2', 100_000, { [flag]: true })]);
    deepEqual(
      [...Object.values((told(text) as { servers: object }).servers)].map(({ healthy }) => healthy),
      [true, false],
      flag,
    );
  }
});

test('a cluster is found by its EDS service name, and its counters by its other name', () =>
  deepEqual(
    told(
      clusters([host('10.0.0.1', 1_500), host('10.0.0.2', 1_000)], {
        name: 'outbound|80||web',
        observability_name: 'outbound_web',
        eds_service_name: 'web',
      }),
    ),
    { statsName: 'outbound_web', servers: { s1: { weight: 1.5, healthy: true }, s2: { weight: 1, healthy: true } } },
  ));

test('what is not a cluster of exactly these endpoints is told in words', () => {
  const [one, two] = [host('10.0.0.1', 1_000), host('10.0.0.2', 1_000)];
  const wrong: [text: string, says: string][] = [
    ['', 'does not list cluster web'],
    ['{}', 'does not list cluster web'],
    ['{"cluster_statuses":null}', 'does not list cluster web'],
    [clusters([one, two], { name: 'api' }), 'does not list cluster web'],
    [clusters([one]), 'has 1 endpoints in cluster web, not the 2 of this pool'],
    [clusters([one, two, host('10.0.0.3', 1)]), 'has 3 endpoints in cluster web, not the 2 of this pool'],
    [clusters([one, one]), 'has 2 endpoints in cluster web, not the 2 of this pool'],
    [clusters([one, host('10.0.0.3', 1)]), 'tells no weight of s2 (10.0.0.2, port 8080) in cluster web'],
    [clusters([one, host('10.0.0.2', 0)]), 'tells no weight of s2 (10.0.0.2, port 8080) in cluster web'],
  ];
  for (const [text, says] of wrong) equal(told(text), says);
});

test('refusals are what was rejected and what could not be read; no counter = not known', () => {
  const stats = (list: readonly object[]): string => JSON.stringify({ stats: list });
  const counters = [
    { name: 'cluster.web.update_rejected', value: 3 },
    { name: 'cluster.web.update_failure', value: 4 },
    { name: 'cluster.webs.update_rejected', value: 9 },
  ];
  equal(refusalsIn(stats(counters), 'web'), 7);
  equal(refusalsIn(stats([{ name: 'cluster.web.update_rejected', value: 0 }]), 'web'), 0);
  equal(refusalsIn(stats([{ name: 'cluster.web.update_attempt', value: 8 }]), 'web'), undefined);
  equal(refusalsIn('no', 'web'), undefined);
  deepEqual(refusalCountersOf('a:b'), ['cluster.a_b.update_rejected', 'cluster.a_b.update_failure']);
});
