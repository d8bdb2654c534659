import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { DynoError } from '../base/errors.ts';
import { parseInventory } from '../schemas/topology-inventory.ts';
import { createFleet } from './fleet.ts';
import { topologyYaml, truthJson } from './fleet-files.ts';
import { replayLine } from './replay-line.ts';
import { loadScenario, parseScenario, scenarioNames } from './scenario.ts';

const parse = (text: string) => parseScenario({ file: 'my.yaml', text });

for (const name of scenarioNames)
  test(`the scenario ${name} runs`, () => {
    const scenario = loadScenario(name);
    equal(createFleet({ ...scenario, seed: 1 }).second(scenario.startMs).length, scenario.hosts);
  });

test('a file says hosts, tiers, load and faults', () => {
  const text = `
hosts: 12
start: 2016-07-10T05:00:00Z
tiers: [slb, tlb]
load: { scale: 1.2 }
faults:
  - { kind: silent, tier: slb, hosts: 2, from_s: 60, for_s: 30 }
  - { kind: hot_cpu, host: slb1001.snc2, from_s: 0, for_s: 5, size: 3 }
`;
  deepEqual(parse(text), {
    hosts: 12,
    startMs: Date.UTC(2016, 6, 10, 5),
    tiers: ['slb', 'tlb'],
    shape: { scale: 1.2, swing: 1, wander: 0.05 },
    faults: [
      { kind: 'silent', target: { tier: 'slb', hosts: 2 }, fromMs: 60_000, forMs: 30_000 },
      { kind: 'hot_cpu', target: { host: 'slb1001.snc2' }, fromMs: 0, forMs: 5_000, size: 3 },
    ],
  });
});

const wrong: [text: string, message: RegExp][] = [
  ['hosts: 0', /my\.yaml:1: 0 is not a whole number from 1/],
  ['host: 3', /my\.yaml:1: "host" is not a key of a scenario; did you mean "hosts"/],
  ['hosts: 3\ntiers: [web]', /my\.yaml:2: "web" is not one of/],
  ['start: yesterday', /my\.yaml:1: "yesterday" is not a whole second/],
  ['faults: [{ kind: hot_cpu, from_s: 0, for_s: 1 }]', /my\.yaml:1: a fault needs either "host" or "tier"/],
  ['faults: [{ kind: hotcpu, host: a, from_s: 0, for_s: 1 }]', /did you mean "hot_cpu"/],
];
for (const [text, message] of wrong)
  test(`"${text.replaceAll('\n', ' / ')}" is refused with its line`, () => {
    throws(
      () => parse(text),
      (error) => error instanceof DynoError && message.test(error.message),
    );
  });

test('a scenario that is neither a name nor a file is refused with the names', () => {
  throws(() => loadScenario('flet'), /no scenario "flet".*fleet, web, quiet/);
});

test('the written topology is read back as the same inventory', () => {
  const fleet = createFleet({ hosts: 40, seed: 1 });
  const read = parseInventory({ file: 'topology.yaml', text: topologyYaml(fleet) });
  deepEqual(read.services, fleet.services);
  deepEqual(
    read.hosts.map(({ host, placement }) => ({ host, placements: [{ ...placement, validFromMs: 0 }] })),
    fleet.placements,
  );
});

test('a replay line has time, host, the counters that have a value, and application values', () => {
  const { startMs, ...scenario } = loadScenario('web');
  const [sample] = createFleet({ ...scenario, seed: 1 }).second(startMs);
  const line = JSON.parse(replayLine(sample!));
  deepEqual(Object.keys(line), ['time', 'host', 'counters', 'app']);
  deepEqual([line.time, line.host, line.counters.cpu_core_count], ['2016-07-10T02:00:00.000Z', 'web12222.snc2', 16]);
  equal('llc_miss_ratio' in line.counters, false);
});

test('the truth has the capacity of each generation and every fault', () => {
  const { startMs, ...scenario } = loadScenario('web');
  const fleet = createFleet({ ...scenario, seed: 1 });
  fleet.second(startMs);
  const truth = JSON.parse(truthJson({ fleet, scenario: 'web', seed: 1, startMs, durationMs: 60_000 }));
  const nhm = truth.capacities.find(({ generation }: { generation: string }) => generation === 'NHM');
  deepEqual([nhm.lambda100, nhm.rcu, nhm.logical_cpus, nhm.service_ms.toFixed(2)], [48, 1, 16, '297.94']);
  equal(truth.capacities.find(({ generation }: { generation: string }) => generation === 'Haswell').rcu, null);
  deepEqual(truth.faults[0], {
    host: 'web12222.snc2',
    kind: 'hot_cpu',
    test: 'high-cpu-util',
    start: '2016-07-10T02:01:00.000Z',
    end: '2016-07-10T02:11:00.000Z',
    size: 1.4,
  });
});
