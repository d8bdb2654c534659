import { deepEqual, equal, throws } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../errors.ts';
import { loadSettings } from './load-settings.ts';
import type { Settings } from './settings.ts';
import { parseOverride, writtenInFile } from './written-settings.ts';

interface Written {
  readonly yaml?: string;
  readonly env?: Record<string, string>;
  readonly overrides?: Record<string, unknown>;
}

/** Loads settings from a folder of their own; `folder` in the answer is put back as `$`. */
function load({ yaml, env = {}, overrides = {} }: Written, files: Record<string, string> = {}): Settings {
  const cwd = mkdtempSync(join(tmpdir(), 'dyno-settings-'));
  try {
    if (yaml !== undefined) writeFileSync(join(cwd, 'dynoscope.yaml'), yaml);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    const settings = loadSettings({ cwd, env, overrides });
    return JSON.parse(JSON.stringify(settings).replaceAll(cwd, '$')) as Settings;
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

const refused = (written: Written, message: string | RegExp) =>
  throws(() => load(written), { code: 'DYNO_USAGE_SETTINGS', message });

test('without a file everything is embedded and listens on this machine only', () => {
  const settings = load({});
  deepEqual(settings.log.kafkaBrokers, []);
  equal(settings.log.partitions, 4);
  equal(settings.clickhouse.url, undefined);
  deepEqual(settings.overwatch, { host: '127.0.0.1', port: 8_080 });
  equal(settings.dataDir, '$/.dynoscope');
  equal(settings.topologyFile, undefined);
  equal(settings.windows.tierSecondsMetrics.length, 16);
  equal(settings.windows.metricPairs.length, 2);
});

test('a key without a value is not set', () => {
  equal(load({ yaml: 'overwatch:\n  port:\nepoch:\n' }).overwatch.port, 8_080);
});

test('the environment wins over the file, and a flag over both', () => {
  const yaml = 'log: { kafka_brokers: ["a:1"] }\nclickhouse: { user: file }\noverwatch: { port: 9000 }\n';
  const env = { KAFKA_BROKERS: 'b:2, c:3', CLICKHOUSE_USER: 'environment', CLICKHOUSE_PASSWORD: '' };
  const settings = load({ yaml, env, overrides: { 'overwatch.port': 0, 'overwatch.host': undefined } });
  deepEqual(settings.log.kafkaBrokers, ['b:2', 'c:3']);
  equal(settings.log.partitions, 24);
  deepEqual(settings.clickhouse, { user: 'environment', password: '' });
  equal(settings.overwatch.port, 0);
});

test('signing in to Kafka needs mechanism, name and password, from any mixture of places', () => {
  const yaml = 'log: { sasl: { mechanism: scram-sha-512, username: dyno } }';
  deepEqual(load({ yaml, env: { KAFKA_SASL_PASSWORD: 'secret' } }).log.sasl, {
    mechanism: 'scram-sha-512',
    username: 'dyno',
    password: 'secret',
  });
  refused({ yaml }, 'dynoscope.yaml:1: log.sasl.mechanism is set without log.sasl.password (KAFKA_SASL_PASSWORD)');
});

test('certificates are read from their files, or given as text', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nx\n';
  const env = { KAFKA_SSL_CERT: 'client.pem', KAFKA_SSL_KEY: key };
  deepEqual(load({ env }, { 'client.pem': 'certificate' }).log.ssl, { cert: 'certificate', key });
  deepEqual(load({ env: { KAFKA_SSL: 'true' } }).log.ssl, {});
  refused(
    { env: { KAFKA_SSL_KEY: key } },
    /^environment variable KAFKA_SSL_KEY: log.ssl.key is set without log.ssl.cert/,
  );
  refused({ env: { KAFKA_SSL_CA: 'none.pem' } }, /^environment variable KAFKA_SSL_CA: the file cannot be read/);
});

test('an application value may be a metric, and default pairs hold only for metrics that are kept', () => {
  const yaml = 'windows: { tier_seconds_metrics: [requests_per_s, cache_hits, cpu_busy_ratio] }';
  const { windows } = load({ yaml });
  deepEqual(windows.tierSecondsMetrics, ['requests_per_s', 'cache_hits', 'cpu_busy_ratio']);
  deepEqual(windows.metricPairs, [['requests_per_s', 'cpu_busy_ratio']]);
});

test('an inventory beside the program is found', () => {
  equal(load({}, { 'topology.yaml': '' }).topologyFile, '$/topology.yaml');
});

test('load tests beside the settings file are found, wherever the program was started', () => {
  equal(load({}).loadTestsFile, undefined);
  equal(load({}, { 'loadtests.yaml': '' }).loadTestsFile, '$/loadtests.yaml');
  equal(load({ yaml: 'loadtests_file: steered.yaml' }, { 'loadtests.yaml': '' }).loadTestsFile, '$/steered.yaml');
  const cwd = mkdtempSync(join(tmpdir(), 'dyno-settings-'));
  try {
    mkdirSync(join(cwd, 'etc'));
    for (const name of ['dyno.yaml', 'loadtests.yaml']) writeFileSync(join(cwd, 'etc', name), '');
    equal(loadSettings({ cwd, env: {}, file: 'etc/dyno.yaml' }).loadTestsFile, join(cwd, 'etc', 'loadtests.yaml'));
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

test('a wrong key names its line and the nearest key', () => {
  refused(
    { yaml: '\noverwatch:\n  prot: 80\n' },
    'dynoscope.yaml:3: "prot" is not a key of overwatch; did you mean "port"?',
  );
  refused(
    { yaml: 'colour: red' },
    /^dynoscope.yaml:1: "colour" is not a key of the settings; known are data_dir, epoch,/,
  );
  refused(
    { overrides: { 'overwatch.prot': 1 } },
    /"overwatch.prot" is not a key of the settings; did you mean "overwatch.port"/,
  );
});

test('a wrong value names its line, the value and what was expected', () => {
  const cases: [yaml: string, message: string | RegExp][] = [
    ['overwatch:\n  port: 80808', 'dynoscope.yaml:2: 80808 is not a whole number from 0 to 65535 for overwatch.port'],
    ['epoch: 0', 'dynoscope.yaml:1: 0 is not a whole number from 1 to 1000000 for epoch'],
    ['epoch: one', 'dynoscope.yaml:1: "one" is not a whole number from 1 to 1000000 for epoch'],
    ['raw: { enabled: maybe }', 'dynoscope.yaml:1: "maybe" is not true or false for raw.enabled'],
    ['overwatch: 8080', 'dynoscope.yaml:1: 8080 is not the keys of overwatch (host, port)'],
    [
      'clickhouse: { url: "localhost:8123" }',
      /"localhost:8123" is not an address for clickhouse.url \(http:\/\/host:port\)/,
    ],
    [
      'log: { kafka_brokers: [localhost] }',
      'dynoscope.yaml:1: "localhost" is not a broker for log.kafka_brokers (host:port)',
    ],
    ['agent: { interval_ms: 1500 }', /1500 is not a whole number of seconds/],
    [
      'log: { sasl: { mechanism: plian } }',
      /"plian" is not one of plain, .* for log.sasl.mechanism; did you mean "plain"\?/,
    ],
    ['windows: { metric_pairs: [[a]] }', 'dynoscope.yaml:1: a list is not a pair of metrics: [x, y]'],
    ['windows: { metric_pairs: [[load1, x]] }', /"x" is in a pair but not among windows.tier_seconds_metrics/],
    ['windows: { tier_seconds_metrics: [a, a] }', 'dynoscope.yaml:1: "a" is twice in windows.tier_seconds_metrics'],
    ['windows: { tier_seconds_metrics: [a b] }', /"a b" is not the name of a metric/],
    ['epoch: 1\nepoch: 2', /^dynoscope.yaml:2: Map keys must be unique/],
    ['"', /^dynoscope.yaml:1: /],
  ];
  for (const [yaml, message] of cases) refused({ yaml }, message);
  const metrics = Array.from({ length: 17 }, (_, i) => `m${i}`).join(', ');
  refused({ yaml: `windows: { tier_seconds_metrics: [${metrics}] }` }, /17 metrics are more than the 16/);
});

test('an alias that multiplies itself is refused, not expanded', () => {
  const layers = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`);
  refused({ yaml: ['l0: &l0 [x]', ...layers].join('\n') }, /^dynoscope.yaml:/);
});

test('key=value of a flag is read as YAML', () => {
  const overrides = Object.fromEntries([parseOverride('windows.metric_pairs=[[load1, cpu_busy_ratio]]')]);
  deepEqual(load({ overrides }).windows.metricPairs, [['load1', 'cpu_busy_ratio']]);
  throws(() => parseOverride('epoch'), { code: 'DYNO_USAGE_SETTINGS' });
});

test('any text is settings or DYNO_USAGE_SETTINGS', () => {
  const words = fc.constantFrom(
    'log:',
    'windows: {',
    '}',
    ' ',
    '  ',
    '- ',
    '&a',
    '*a',
    '? ',
    '!!map',
    '%',
    '\t',
    '"',
    '[',
    ']',
    ',',
    'port: 1',
  );
  const yaml = fc.array(fc.oneof(words, fc.string(), fc.constant('\n'))).map((parts) => parts.join(''));
  fc.assert(
    fc.property(yaml, (text) => {
      try {
        writtenInFile({ file: 'dynoscope.yaml', path: 'dynoscope.yaml', text });
      } catch (error) {
        if (!hasCode(error, 'DYNO_USAGE_SETTINGS')) throw error;
      }
    }),
    { numRuns: 500 },
  );
});
