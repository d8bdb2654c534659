import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../../base/errors.ts';
import { loadAssignment } from './load-assignment.ts';
import { weightsInAssignment } from './read-assignment.ts';

const endpoints = new Map([
  ['s1', { address: '10.0.0.1', port: 8_080 }],
  ['s2', { address: '10.0.0.2', port: 8_080 }],
]);
const options = { cluster: 'web', endpoints, version: '7.42' };
const weights = (s1: number, s2: number): ReadonlyMap<string, number> => new Map(Object.entries({ s1, s2 }));
const refused = (why: RegExp) => (error: unknown) => hasCode(error, 'DYNO_BALANCER_OPTIONS') && why.test(String(error));

test('weights in thousandths, a server without weight drains, the version is that of the command', () =>
  deepEqual(loadAssignment(weights(242, 0), options), {
    version_info: '7.42',
    resources: [
      {
        '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
        cluster_name: 'web',
        endpoints: [
          {
            lb_endpoints: [
              {
                endpoint: { address: { socket_address: { address: '10.0.0.1', port_value: 8_080 } } },
                load_balancing_weight: 242_000,
              },
              {
                endpoint: { address: { socket_address: { address: '10.0.0.2', port_value: 8_080 } } },
                health_status: 'DRAINING',
                load_balancing_weight: 1,
              },
            ],
          },
        ],
      },
    ],
  }));

test('endpoints go stale only where that was asked for, and not before three times to live of the adapter', () => {
  const policyOf = (afterMs: number) =>
    loadAssignment(weights(1, 1), { ...options, stale: { afterMs, adapterTtlMs: 10_000 } }).resources[0].policy;
  equal(loadAssignment(weights(1, 1), options).resources[0].policy, undefined);
  deepEqual(policyOf(30_000), { endpoint_stale_after: '30s' });
  deepEqual(policyOf(30_500), { endpoint_stale_after: '30.5s' });
  for (const afterMs of [29_999, 0, Number.NaN])
    throws(() => policyOf(afterMs), refused(/at least 30000 ms is needed: 3 times the adapter's time to live/));
});

test('what Envoy would refuse, or what is not the whole pool, is not rendered', () => {
  const renders = (of: ReadonlyMap<string, number>) => () => loadAssignment(of, options);
  throws(renders(new Map([['s1', 1]])), refused(/the weight undefined of s2/));
  throws(renders(new Map([...weights(1, 1), ['s3', 1]])), refused(/s3 has no endpoint/));
  for (const weight of [-1, 1.5, Number.NaN])
    throws(renders(weights(1, weight)), refused(/of s2 is not a whole number/));
  throws(renders(weights(4_294_967, 1)), refused(/sum to 4294968000, Envoy takes 4294967295/));
});

test('what was rendered reads back as it was', () => {
  const weight = fc.integer({ min: 0, max: 256 });
  fc.assert(
    fc.property(weight, weight, (a, b) => {
      const text = JSON.stringify(loadAssignment(weights(a, b), options));
      deepEqual(weightsInAssignment(text, 'web', endpoints), weights(a, b));
    }),
  );
});

test('an assignment by another hand: the other names of fields, another order, healthy, a weight between two of ours', () => {
  const entry = (address: string, loadBalancingWeight: number) => ({
    endpoint: { address: { socketAddress: { address, portValue: 8_080 } } },
    healthStatus: 'HEALTHY',
    loadBalancingWeight,
  });
  const text = JSON.stringify({
    resources: [
      {
        '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
        clusterName: 'web',
        endpoints: [{ lbEndpoints: [entry('10.0.0.2', 1_500), entry('10.0.0.1', 3_000)] }],
      },
    ],
  });
  deepEqual(weightsInAssignment(text, 'web', endpoints), weights(3, 1.5));
});

test('what is not the assignment of exactly these endpoints has no weights', () => {
  const text = JSON.stringify(loadAssignment(weights(242, 40), options));
  const others = [
    '',
    '{}',
    'null',
    text.slice(0, -1),
    text.replace('"web"', '"api"'),
    text.replace('.v3.', '.v2.'),
    text.replace('10.0.0.2', '10.0.0.3'),
    text.replace('10.0.0.2', '10.0.0.1'),
    text.replace('8080', '8081'),
    text.replace('242000', '"242000"'),
    text.replace('242000', '{"value":242000}'),
    text.replace('242000', '0'),
    text.replace('"load_balancing_weight"', '"health_status":"UNHEALTHY","load_balancing_weight"'),
  ];
  for (const other of others) equal(weightsInAssignment(other, 'web', endpoints), undefined, other);
  equal(weightsInAssignment(text, 'web', new Map([...endpoints].slice(1))), undefined);
});
