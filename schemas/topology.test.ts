import { deepEqual, equal, throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../base/errors.ts';
import { projectFile } from '../base/project-file.ts';
import { PlacementTable } from './placement-table.ts';
import type { Placement } from './topology.ts';
import { parseCsv } from './topology-csv.ts';
import { parseInventory } from './topology-inventory.ts';
import { placementsOfInventory, planTopology } from './topology-plan.ts';

const nowMs = 1_700_000_000_500;
const inventory = (text: string) => parseInventory({ file: 'topology.yaml', text });
const refused = (text: string, message: string | RegExp) =>
  throws(
    () => inventory(text),
    (error: Error) => {
      equal(hasCode(error, 'DYNO_USAGE_TOPOLOGY'), true);
      if (typeof message === 'string') equal(error.message, message);
      else equal(message.test(error.message), true, error.message);
      return true;
    },
  );
const placement = (tier: string, validFromMs: number): Placement => ({
  tier,
  service: 'www',
  region: '',
  datacenter: '',
  rack: '',
  serverType: '',
  generation: '',
  pool: '',
  server: '',
  build: '',
  owner: '',
  validFromMs,
});
const plan = (text: string, table: PlacementTable, atMs = nowMs) =>
  planTopology({ inventory: inventory(text), table, services: new Map(), nowMs: atMs });
const applied = (text: string, table: PlacementTable, atMs = nowMs) => {
  for (const record of plan(text, table, atMs).hosts) table.apply(record);
};
const tiersAt = (table: PlacementTable, ...timesMs: number[]) =>
  timesMs.map((timeMs) => table.placementAt('web1', timeMs)?.tier);

test('a placement holds from its moment until the next one', () => {
  const table = new PlacementTable();
  table.apply({ host: 'web1', placements: [placement('web', 1_000), placement('feed', 5_000)] });
  deepEqual(tiersAt(table, 999, 1_000, 4_999, 5_000, 9_000), [undefined, 'web', 'web', 'feed', 'feed']);
});

test('a record with placements in any order is read in the order of their moments', () => {
  const table = new PlacementTable();
  table.apply({ host: 'web1', placements: [placement('feed', 5_000), placement('web', 0)] });
  deepEqual(tiersAt(table, 4_000, 6_000), ['web', 'feed']);
});

test('a host that is forgotten or not known has no placement', () => {
  const table = new PlacementTable();
  table.apply({ host: 'web1', placements: [placement('web', 0)] });
  table.forget('web1');
  deepEqual(tiersAt(table, 1_000), [undefined]);
});

test('a full table forgets the host set longest ago and says so', () => {
  const evicted: string[] = [];
  const table = new PlacementTable({ hostsMax: 1, onEvict: (host) => evicted.push(host) });
  table.apply({ host: 'web1', placements: [placement('web', 0)] });
  table.apply({ host: 'web2', placements: [placement('web', 0)] });
  deepEqual(evicted, ['web1']);
});

test('the lookup agrees with a plain search through the newest 8 placements', () => {
  const moments = fc.uniqueArray(fc.nat(50), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(moments, fc.nat(60), (validFrom, timeMs) => {
      const table = new PlacementTable();
      table.apply({ host: 'web1', placements: validFrom.map((at) => placement(`t${at}`, at)) });
      const kept = [...validFrom].sort((a, b) => b - a).slice(0, 8);
      const expected = kept.find((at) => at <= timeMs);
      equal(tiersAt(table, timeMs)[0], expected === undefined ? undefined : `t${expected}`);
    }),
  );
});

test('a first placement holds from the beginning', () => {
  const table = new PlacementTable();
  applied('hosts: [{ host: web1, tier: web, service: www }]', table);
  deepEqual(table.placementsOf('web1'), [placement('web', 0)]);
});

test('applying the same file twice appends nothing the second time', () => {
  const text = `
services: [{ service: www, product: web }]
hosts:
  - { host: web1, tier: web, service: www, pool: p1, build: 1.10 }
  - { host: web2, tier: web, service: www }
  - { host: web2, tier: feed, service: www, valid_from: 2033-01-01T00:00:00Z }
`;
  const table = new PlacementTable();
  applied(text, table);
  const services = new Map(inventory(text).services.map((service) => [service.service, service]));
  deepEqual(planTopology({ inventory: inventory(text), table, services, nowMs: nowMs + 60_000 }), {
    hosts: [],
    services: [],
    unchangedHosts: 2,
    unchangedServices: 1,
    unnamedHosts: 0,
  });
  equal(table.placementAt('web1', nowMs)?.build, '1.10');
  equal(table.placementAt('web1', nowMs)?.server, 'web1');
});

test('a change without valid_from holds from the first full second 30 s ahead', () => {
  const table = new PlacementTable();
  applied('hosts: [{ host: web1, tier: web, service: www }]', table);
  applied('hosts: [{ host: web1, tier: feed, service: www }]', table);
  deepEqual(table.placementsOf('web1'), [placement('web', 0), placement('feed', 1_700_000_031_000)]);
});

test('a change of a known host less than 30 s ahead is refused with its line', () => {
  const table = new PlacementTable();
  applied('hosts: [{ host: web1, tier: web, service: www }]', table);
  const text = 'hosts:\n  - host: web1\n    tier: feed\n    service: www\n    valid_from: 2023-11-14T22:13:29Z\n';
  throws(() => plan(text, table), {
    code: 'DYNO_USAGE_TOPOLOGY',
    message: /^topology.yaml:2: host "web1" is known, so/,
  });
});

test('a change that overtakes an announced one takes its place', () => {
  const table = new PlacementTable();
  applied('hosts: [{ host: web1, tier: web, service: www }]', table);
  applied('hosts: [{ host: web1, tier: feed, service: www, valid_from: 2033-01-01T00:00:00Z }]', table);
  applied('hosts: [{ host: web1, tier: ads, service: www }]', table);
  deepEqual(
    table.placementsOf('web1').map(({ tier }) => tier),
    ['web', 'ads'],
  );
});

test('only the newest 8 placements of a host are kept', () => {
  const table = new PlacementTable();
  for (let i = 0; i < 12; i++) {
    applied(`hosts: [{ host: web1, tier: t${i}, service: www }]`, table, nowMs + i * 60_000);
  }
  deepEqual(
    table.placementsOf('web1').map(({ tier }) => tier),
    ['t4', 't5', 't6', 't7', 't8', 't9', 't10', 't11'],
  );
});

test('hosts that the file does not name stay and are counted', () => {
  const table = new PlacementTable();
  applied('hosts: [{ host: web1, tier: web, service: www }]', table);
  equal(plan('hosts: []', table).unnamedHosts, 1);
});

test('for a replay an inventory is a table of its own', () => {
  const text = 'hosts: [{ host: web1, tier: web, service: www, valid_from: 5000 }]';
  deepEqual(placementsOfInventory(inventory(text)), [{ host: 'web1', placements: [placement('web', 5_000)] }]);
});

test('an unknown key names its line and the nearest key', () => {
  refused(
    'hosts:\n  - host: web1\n    teir: web\n    service: www\n',
    'topology.yaml:3: "teir" is not a key of a host; did you mean "tier"?',
  );
});

test('what is missing, doubled or no time names its line', () => {
  refused('hosts:\n  - host: web1\n    service: www\n', 'topology.yaml:2: a host needs "tier"');
  refused(
    'hosts:\n- { host: a, tier: t, service: s }\n- { host: a, tier: u, service: s }\n',
    'topology.yaml:3: host "a" is already at topology.yaml:2; give each of its placements its own valid_from',
  );
  refused(
    'hosts:\n- { host: a, tier: t, service: s, valid_from: tomorrow }',
    /^topology.yaml:2: "tomorrow" is not a time/,
  );
  refused(
    'services:\n- { service: www, reference: maybe }',
    'topology.yaml:2: "maybe" is not true or false for reference',
  );
  refused('hosts: web1', 'topology.yaml:1: "web1" is not a list of hosts');
  refused('hosts:\n  - host: [\n', /^topology.yaml:\d: /);
});

test('a CSV file reads as the YAML does', () => {
  const csv = '\uFEFFhost,tier,service,owner\r\n"web1",web,www,"the ""web"" team, all"\r\n\r\nweb2,web,www,\n';
  const hosts = parseInventory({ file: 'fleet.csv', text: csv }).hosts;
  deepEqual(
    hosts.map(({ host, placement: { tier, owner }, place }) => [host, tier, owner, place]),
    [
      ['web1', 'web', 'the "web" team, all', 'fleet.csv:2'],
      ['web2', 'web', '', 'fleet.csv:4'],
    ],
  );
});

test('lines of a CSV file are counted through line breaks within quotes', () => {
  const rows = parseCsv({ file: 'f.csv', text: 'host\n"a\nb"\nc\n', columns: ['host'], code: 'DYNO_USAGE_TOPOLOGY' });
  deepEqual(
    rows.map(({ place }) => place),
    ['f.csv:2', 'f.csv:4'],
  );
});

test('a CSV file with a wrong column, a short line or an open quote names its line', () => {
  const csv = (text: string) => () => parseInventory({ file: 'fleet.csv', text });
  throws(csv('host,teir\n'), { message: 'fleet.csv:1: "teir" is not a column; did you mean "tier"?' });
  throws(csv('host,tier,service\na,b\n'), { message: 'fleet.csv:2: 2 cells, expected 3 as in the first line' });
  throws(csv('host,tier,service\n"a,b,c\n'), { message: /^fleet.csv:2: a quoted cell is not closed/ });
});

test('any text is an inventory or DYNO_USAGE_TOPOLOGY', () => {
  const lines = fc.array(fc.oneof(fc.string(), fc.constantFrom('hosts:', '- host: a', '  tier: b', '"', ',', '\n')));
  fc.assert(
    fc.property(lines, fc.constantFrom('a.yaml', 'a.csv'), (parts, file) => {
      try {
        parseInventory({ file, text: parts.join('\n') });
      } catch (error) {
        if (!hasCode(error, 'DYNO_USAGE_TOPOLOGY')) throw error;
      }
    }),
    { numRuns: 300 },
  );
});

test('the example inventories can be read', () => {
  for (const file of ['docs/examples/topology.yaml', 'docs/examples/topology.csv']) {
    const { hosts } = parseInventory({ file, text: readFileSync(projectFile(file), 'utf8') });
    equal(hosts[0]?.placement.pool, 'web-north', file);
  }
});

test('at moments of one version every host has the same placement', () => {
  const moments = fc.uniqueArray(fc.nat(50), { minLength: 1, maxLength: 4 });
  const records = fc.array(fc.tuple(fc.constantFrom('web1', 'web2'), moments), { maxLength: 5 });
  fc.assert(
    fc.property(records, fc.nat(60), fc.nat(60), (all, a, b) => {
      const table = new PlacementTable();
      for (const [host, ms] of all) table.apply({ host, placements: ms.map((at) => placement(`tier${at}`, at)) });
      if (table.versionAt(a) !== table.versionAt(b)) return;
      for (const host of ['web1', 'web2']) equal(table.placementAt(host, a), table.placementAt(host, b));
    }),
  );
});

test('a new record and a forgotten host are new versions', () => {
  const table = new PlacementTable();
  table.apply({ host: 'web1', placements: [placement('web', 0)] });
  const first = table.versionAt(1_000);
  table.apply({ host: 'web2', placements: [placement('web', 0)] });
  const second = table.versionAt(1_000);
  table.forget('web1');
  equal(new Set([first, second, table.versionAt(1_000)]).size, 3);
});
