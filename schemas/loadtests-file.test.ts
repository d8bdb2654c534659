import { deepEqual, equal, throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { projectFile } from '../base/project-file.ts';
import { parseLoadTests } from './loadtests-file.ts';
import { faultsOf, goodLines, lineOfKey, parsed, placed, tierText } from './testing/load-tests-text.ts';
import { parseInventory } from './topology-inventory.ts';

test('a full file is read, with hours as minutes of the week', () => {
  const text = `
tiers:
  - tier: web
    pools:
      - { name: web-north, balancer: haproxy }
    slo: { p95_ms: 400, error_ratio: 0.01 }
    hours: [mon-tue 06:00-22:00, sun 23:00-01:30]
    largest_share: 0.04
    panel: 4
    safe_weights: 100
    steady_weights: by_capacity
    weight_max: 200
    refresh_h: 12
    bake_minutes: 20
    neighbours: [feed]
    enabled: false
    dry_run: true
  - tier: feed
    pools: [{ name: feed, balancer: envoy-eds }]
    slo: { p95_ms: 1, error_ratio: 0 }
    hours: always
    safe_weights: { ${placed('feed', 'feed', 10)
      .map(({ host }, i) => `${host}: ${i + 1}`)
      .join(', ')} }
`;
  deepEqual(parsed(text).tiers, [
    {
      tier: 'web',
      pools: [{ name: 'web-north', balancer: 'haproxy' }],
      slo: { p95Ms: 400, errorRatio: 0.01 },
      hours: [
        { fromMinute: 0, toMinute: 90 },
        { fromMinute: 360, toMinute: 1_320 },
        { fromMinute: 1_800, toMinute: 2_760 },
        { fromMinute: 10_020, toMinute: 10_080 },
      ],
      largestShare: 0.04,
      panelHosts: 4,
      safeWeights: { kind: 'same', weight: 100 },
      steadyWeights: 'by_capacity',
      weightMax: 200,
      refreshHours: 12,
      bakeS: 1_200,
      neighbours: ['feed'],
      enabled: false,
      dryRun: true,
    },
    {
      tier: 'feed',
      pools: [{ name: 'feed', balancer: 'envoy-eds' }],
      slo: { p95Ms: 1, errorRatio: 0 },
      hours: [{ fromMinute: 0, toMinute: 10_080 }],
      largestShare: 0.05,
      panelHosts: undefined,
      safeWeights: {
        kind: 'by_server',
        weights: new Map(Array.from({ length: 10 }, (_, i) => [`feed${i + 1}`, i + 1])),
      },
      steadyWeights: 'observe',
      weightMax: 256,
      refreshHours: 24,
      bakeS: 900,
      neighbours: ['web'],
      enabled: true,
      dryRun: false,
    },
  ]);
});

test('the example fits the example topology', () => {
  const text = (file: string) => readFileSync(projectFile('docs/examples', file), 'utf8');
  const { hosts } = parseInventory({ file: 'topology.yaml', text: text('topology.yaml') });
  const { tiers } = parseLoadTests({ file: 'loadtests.yaml', text: text('loadtests.yaml') }, hosts);
  deepEqual(
    tiers.map(({ tier, enabled }) => [tier, enabled]),
    [['web', true]],
  );
});

const missing: [key: string, says: string][] = [
  ['pools', 'a tier needs "pools"; write [{ name: web-north, balancer: haproxy }]'],
  ['slo', 'a tier needs "slo"; write { p95_ms: 400, error_ratio: 0.01 }'],
  ['hours', 'a tier needs "hours"; write always, or times in UTC like [mon-fri 06:00-22:00]'],
  ['safe_weights', 'a tier needs "safe_weights"; write one number for all servers, or one by server'],
];
for (const [key, says] of missing) {
  test(`a tier without ${key} is refused at its line`, () =>
    deepEqual(faultsOf(tierText({ [key]: undefined })), [`loadtests.yaml:2: ${says}`]));
  test(`a tier whose ${key} is empty is refused at that line`, () =>
    deepEqual(faultsOf(tierText({ [key]: '' })), [`loadtests.yaml:${lineOfKey(key)}: ${says}`]));
}

const hoursExpected =
  'times in UTC for hours; write always, or a list like [mon-fri 06:00-22:00, sat 08:00-12:00], past midnight as 22:00-04:00';
const safeExpected = (weightMax: number, server: string) =>
  `a whole number from 1 to ${weightMax} (weight_max) for the safe weight of ${server}; write the weight that the balancer has between tests`;
const shareExpected =
  'a part of the tier over 0 and at most 0.05 for largest_share; write a smaller one or leave it out';

/** One value that is wrong and the whole sentence behind the line of its key. */
const wrong: [key: string, value: string, says: string][] = [
  ['tier', 'wbe', '"wbe" is not a tier of the topology; did you mean "web"?'],
  ['tier', 'search', '"search" is not a tier of the topology; known are feed, hadoop, web'],
  ['tier', '[web]', 'a list is not a text for tier'],
  ['pools', 'web-north', '"web-north" is not a list of pools'],
  ['pools', '[]', 'pools has 0 entries, expected 1 to 100; name the pools of the tier'],
  ['pools', '[web-north]', '"web-north" is not the keys of a pool (name, balancer)'],
  [
    'pools',
    '[{ name: web-nort, balancer: haproxy }]',
    '"web-nort" is not a pool that a host of the topology names; did you mean "web-north"?',
  ],
  [
    'pools',
    '[{ name: feed, balancer: haproxy }]',
    'pool "feed" has no host of tier "web", only of feed; name a pool of the tier',
  ],
  [
    'pools',
    '[{ name: web-north, balancer: haprxy }]',
    '"haprxy" is not one of haproxy, template, envoy-eds, simulated for balancer; did you mean "haproxy"?',
  ],
  ['pools', '[{ name: web-north }]', 'a pool needs "balancer"; write { name: web-north, balancer: haproxy }'],
  [
    'pools',
    '[{ name: web-north, balancer: haproxy }, { name: web-north, balancer: haproxy }]',
    'pool "web-north" is already at loadtests.yaml:3; a pool is steered for one tier, once',
  ],
  ['slo', '{ p95_ms: 400 }', 'slo needs "error_ratio"; write { p95_ms: 400, error_ratio: 0.01 }'],
  ['slo', '{ error_ratio: 0.01 }', 'slo needs "p95_ms"; write { p95_ms: 400, error_ratio: 0.01 }'],
  ['slo', '{ p95_ms: 0, error_ratio: 0.01 }', '0 is not a number from 1 to 600000 for p95_ms'],
  [
    'slo',
    '{ p95_ms: 400, error_ratio: 1 }',
    '1 is not a part of the requests, from 0 to less than 1, for error_ratio; write 0.01 for 1 %',
  ],
  ['slo', '{ p95_ms: 400, error_ratio: 0.01, p99: 3 }', '"p99" is not a key of slo; known are p95_ms, error_ratio'],
  ['slo', '400', '400 is not the keys of slo (p95_ms, error_ratio)'],
  ['hours', 'sometimes', `"sometimes" is not ${hoursExpected}`],
  ['hours', '[mon-fri 6:00-22:00]', `"mon-fri 6:00-22:00" is not ${hoursExpected}`],
  ['hours', '[mon 06:00-24:30]', `"mon 06:00-24:30" is not ${hoursExpected}`],
  ['hours', '[mon 24:00-06:00]', `"mon 24:00-06:00" is not ${hoursExpected}`],
  ['hours', '[mon 06:00-06:00]', `"mon 06:00-06:00" is not ${hoursExpected}`],
  ['hours', '[mon-fry 06:00-07:00]', `"mon-fry 06:00-07:00" is not ${hoursExpected}`],
  [
    'hours',
    '[mon 06:00-07:29]',
    'hours has a time of 89 minutes, expected at least 90 without a break: a test may take an hour; write a longer one',
  ],
  ['hours', '[6]', `6 is not ${hoursExpected}`],
  ['hours', '[]', 'hours has 0 ranges of times, expected 1 to 50; write always for any time'],
  ['largest_share', '0.051', `0.051 is not ${shareExpected}`],
  ['largest_share', '0', `0 is not ${shareExpected}`],
  ['largest_share', '5 %', `"5 %" is not ${shareExpected}`],
  ['panel', '0', '0 is not a whole number from 1 to 8 for panel'],
  ['panel', '9', '9 is not a whole number from 1 to 8 for panel'],
  [
    'panel',
    '6',
    'a panel of 6 hosts is more than 0.05 of the 100 hosts of tier "web"; write at most 5, or leave it out for what the limits give',
  ],
  ['safe_weights', '0', `0 is not ${safeExpected(256, 'every server')}`],
  ['safe_weights', '257', `257 is not ${safeExpected(256, 'every server')}`],
  ['safe_weights', '1.5', `1.5 is not ${safeExpected(256, 'every server')}`],
  ['safe_weights', 'many', `"many" is not ${safeExpected(256, 'every server')}`],
  ['safe_weights', '{}', 'safe_weights names no server; write one number for all, or one by server'],
  [
    'safe_weights',
    '{ web1: 100, web2: 100 }',
    '98 servers of pool "web-north" have no safe weight (web3, web4, web5, web6, web7 and 93 more); name each of them, or write one number for all',
  ],
  ['safe_weights', '{ web1: 0 }', `0 is not ${safeExpected(256, 'web1')}`],
  ['weight_max', '300', '300 is not a whole number from 1 to 256 for weight_max'],
  ['bake_minutes', '-1', '-1 is not a number from 0 to 1440 for bake_minutes'],
  ['refresh_h', '0', '0 is not a number from 1 to 720 for refresh_h, hours'],
  ['refresh_h', 'daily', '"daily" is not a number from 1 to 720 for refresh_h, hours'],
  [
    'steady_weights',
    'by_capactiy',
    '"by_capactiy" is not one of observe, by_capacity for steady_weights; did you mean "by_capacity"?',
  ],
  ['steady_weights', 'true', 'true is not one of observe, by_capacity for steady_weights'],
  ['neighbours', '[feed]', 'neighbour "feed" is no tier of this file; only tiers of the file are tested'],
  [
    'neighbours',
    '[wob]',
    'neighbour "wob" is no tier of this file, did you mean "web"; only tiers of the file are tested',
  ],
  ['neighbours', '[web]', 'tier "web" names itself as its neighbour; leave it out'],
  ['neighbours', 'feed', '"feed" is not a list of neighbours'],
  ['dry_run', 'yes', '"yes" is not true or false for dry_run'],
  ['enabled', 'yes', '"yes" is not true or false for enabled'],
  [
    'colour',
    'red',
    '"colour" is not a key of a tier; known are tier, pools, slo, hours, largest_share, panel, safe_weights, steady_weights, weight_max, refresh_h, bake_minutes, neighbours, enabled, dry_run',
  ],
  ['larges_share', '0.01', '"larges_share" is not a key of a tier; did you mean "largest_share"?'],
];
for (const [key, value, says] of wrong) {
  test(`${key}: ${value} is refused at its line`, () => {
    const line = key in goodLines ? lineOfKey(key) : 7;
    deepEqual(faultsOf(tierText({ [key]: value })), [`loadtests.yaml:${line}: ${says}`]);
  });
}

test('a safe weight over the tier’s own weight_max is refused', () =>
  deepEqual(faultsOf(tierText({ weight_max: '80' })), [
    `loadtests.yaml:6: 100 is not ${safeExpected(80, 'every server')}`,
  ]));

test('a panel larger than the tier says so', () =>
  deepEqual(faultsOf(tierText({ panel: '6' }), placed('web', 'web-north', 5)), [
    'loadtests.yaml:7: a panel of 6 hosts is larger than tier "web", which has 5; write at most 1, or leave it out for what the limits give',
  ]));

test('without a topology in the log it says how to get one', () =>
  deepEqual(faultsOf(tierText(), []), [
    'loadtests.yaml:2: "web" is not a tier of the topology; the topology has none; name it there first ("dynoscope topology apply")',
    'loadtests.yaml:3: "web-north" is not a pool that a host of the topology names; the topology has none; name it there first ("dynoscope topology apply")',
  ]));

test('a tier that is there twice, and a pool of two tiers, are refused', () => {
  const again = tierText().slice('tiers:\n'.length);
  deepEqual(faultsOf(tierText() + again), [
    'loadtests.yaml:7: tier "web" is already at loadtests.yaml:2; keep one of the two',
    'loadtests.yaml:8: pool "web-north" is already at loadtests.yaml:3; a pool is steered for one tier, once',
  ]);
});

test('a neighbour that is named twice is refused at the line of the second', () => {
  const feed = tierText({ tier: 'feed', pools: '[{ name: feed, balancer: haproxy }]' }).slice('tiers:\n'.length);
  const listed = (...names: string[]) => names.map((name) => `\n        - ${name}`).join('');
  deepEqual(faultsOf(tierText({ neighbours: listed('feed', 'feed') }) + feed), [
    'loadtests.yaml:9: neighbour "feed" is already at loadtests.yaml:8; name it once',
  ]);
});

const notTiers: [says: string, text: string, message: string][] = [
  [
    'an empty file',
    '',
    'loadtests.yaml:1: the file names no tier; list under "tiers" what may be steered, or remove the file',
  ],
  [
    'a file of comments',
    '# nothing\n',
    'loadtests.yaml:1: the file names no tier; list under "tiers" what may be steered, or remove the file',
  ],
  [
    'tiers without a value',
    '\ntiers:\n',
    'loadtests.yaml:2: the file names no tier; list under "tiers" what may be steered, or remove the file',
  ],
  [
    'no tier',
    'tiers: []',
    'loadtests.yaml:1: the file names 0 tiers, expected 1 to 1000; list under "tiers" what may be steered, or remove the file',
  ],
  ['a list', '- web\n', 'loadtests.yaml:1: a list is not the keys of the load tests (tiers)'],
  ['a text', 'web', 'loadtests.yaml:1: "web" is not the keys of the load tests (tiers)'],
  [
    'tiers as names',
    'tiers: [web]',
    'loadtests.yaml:1: "web" is not the keys of a tier (tier, pools, slo, hours, largest_share, panel, safe_weights, steady_weights, weight_max, refresh_h, bake_minutes, neighbours, enabled, dry_run)',
  ],
];
for (const [says, text, message] of notTiers) {
  test(`${says} is refused`, () => deepEqual(faultsOf(text), [message]));
}

test('what is not YAML is refused at its line', () => {
  const faults = faultsOf('tiers:\n  - tier: "web\n');
  equal(faults.length, 1);
  equal(/^loadtests.yaml:\d: Missing closing "quote/.test(faults[0]!), true, faults[0]);
});

test('all faults of a file are told at once, in the order of its lines', () => {
  const text = `
teirs: []
tiers:
  - tier: web
    pools: [{ name: web-south, balancer: nginx }]
    slo: { p95_ms: fast }
    hours: mon 10:00
    largest_share: 0.5
    panel: 8
    safe_weights: { web1: 0, web2: 300 }
    enabeld: true
  - tier: nowhere
    hours: always
`;
  const faults = faultsOf(text);
  deepEqual(
    faults.map((fault) => /^loadtests\.yaml:(\d+): ("[^"]*"|\w+)/.exec(fault)?.slice(1)),
    [
      ['2', '"teirs"'],
      ['5', '"nginx"'],
      ['5', '"web-south"'],
      ['6', '"fast"'],
      ['6', 'slo'],
      ['7', '"mon 10:00"'],
      ['8', '0'],
      ['9', 'a'],
      ['10', '0'],
      ['10', '300'],
      ['11', '"enabeld"'],
      ['12', 'a'],
      ['12', 'a'],
      ['12', 'a'],
      ['12', '"nowhere"'],
    ],
    faults.join('\n'),
  );
  throws(
    () => parsed(text),
    (error: Error) => {
      deepEqual(error.message.split('\n'), ['loadtests.yaml has 15 faults:', ...faults.map((fault) => `  ${fault}`)]);
      return true;
    },
  );
});
