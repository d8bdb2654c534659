import type { CheckedValue } from '../yaml/checked-value.ts';
import { brokers, flag, metric, oneOf, setting, text, webAddress, wholeNumber } from './setting.ts';

const tierSecondsMetricsMax = 16;
const metricPairsMax = 64;

const tierSecondsMetrics = (value: CheckedValue, what: string): readonly string[] => {
  const names = value.list(what).map((item) => metric(item, what));
  if (names.length > tierSecondsMetricsMax) {
    throw value.fault(`${names.length} metrics are more than the ${tierSecondsMetricsMax} that ${what} may hold`);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw value.fault(`"${twice}" is twice in ${what}`);
  return names;
};

const metricPairs = (value: CheckedValue, what: string): readonly (readonly [string, string])[] => {
  const pairs = value.list(what).map((pair): readonly [string, string] => {
    const [x, y, ...more] = pair.list('two metrics');
    if (x === undefined || y === undefined || more.length > 0) throw pair.wrong('a pair of metrics: [x, y]');
    return [metric(x, what), metric(y, what)];
  });
  if (pairs.length > metricPairsMax) throw value.fault(`${pairs.length} pairs are more than ${metricPairsMax}`);
  return pairs;
};

const optionalText = (value: CheckedValue, what: string): string | undefined => text(value, what);
const optionalAddress = (value: CheckedValue, what: string): string | undefined => webAddress(value, what);
const pem = { type: 'path of a PEM file, or its text', fallback: undefined, read: optionalText };

/** Everything that can be set, with its default: the one place that both the loader and the reference page read. */
export const allSettings = {
  dataDir: setting({
    key: 'data_dir',
    type: 'path',
    summary: 'Folder of the embedded log, the embedded ClickHouse, spools and the token.',
    fallback: '.dynoscope',
    read: text,
    isPath: true,
  }),
  epoch: setting({
    key: 'epoch',
    type: 'whole number',
    summary: 'Raised for a backfill or a change of partition counts; part of group names, tokens and rows.',
    fallback: 1,
    read: wholeNumber(1, 1_000_000),
  }),
  topologyFile: setting<string | undefined>({
    key: 'topology_file',
    type: 'path',
    summary: 'Inventory that `start` applies when it begins.',
    fallback: undefined,
    fallbackWords: '`topology.yaml` where the program was started, if it is there',
    read: optionalText,
    isPath: true,
  }),
  loadTestsFile: setting<string | undefined>({
    key: 'loadtests_file',
    type: 'path',
    summary: 'Tiers that load tests may steer; checked against the topology at the start.',
    fallback: undefined,
    fallbackWords: '`loadtests.yaml` beside the settings file, if it is there',
    read: optionalText,
    isPath: true,
  }),
  kafkaBrokers: setting<readonly string[]>({
    key: 'log.kafka_brokers',
    env: 'KAFKA_BROKERS',
    type: 'list of host:port',
    summary: 'Brokers of a Kafka cluster. None = the embedded log.',
    fallback: [],
    read: brokers,
  }),
  saslMechanism: setting<'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined>({
    key: 'log.sasl.mechanism',
    env: 'KAFKA_SASL_MECHANISM',
    type: 'plain, scram-sha-256 or scram-sha-512',
    summary: 'How to sign in to Kafka; needs a username and a password.',
    fallback: undefined,
    read: (value, what) => {
      const choices = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
      const lower = typeof value.parsed === 'string' ? value.parsed.toLowerCase() : undefined;
      return choices.find((choice) => choice === lower) ?? oneOf(choices)(value, what);
    },
  }),
  saslUsername: setting<string | undefined>({
    key: 'log.sasl.username',
    env: 'KAFKA_SASL_USERNAME',
    type: 'text',
    summary: 'Name to sign in with.',
    fallback: undefined,
    read: optionalText,
  }),
  saslPassword: setting<string | undefined>({
    key: 'log.sasl.password',
    env: 'KAFKA_SASL_PASSWORD',
    type: 'text',
    summary: 'Password to sign in with.',
    fallback: undefined,
    read: optionalText,
  }),
  sslEnabled: setting<boolean | undefined>({
    key: 'log.ssl.enabled',
    env: 'KAFKA_SSL',
    type: 'true or false',
    summary: 'Encrypt the connection to Kafka.',
    fallback: undefined,
    fallbackWords: 'true when a certificate, key or authority is set',
    read: flag,
  }),
  sslCa: setting<string | undefined>({
    key: 'log.ssl.ca',
    env: 'KAFKA_SSL_CA',
    summary: "Authority that signed the brokers' certificates.",
    ...pem,
  }),
  sslCert: setting<string | undefined>({
    key: 'log.ssl.cert',
    env: 'KAFKA_SSL_CERT',
    summary: 'Certificate of this client; needs its key.',
    ...pem,
  }),
  sslKey: setting<string | undefined>({
    key: 'log.ssl.key',
    env: 'KAFKA_SSL_KEY',
    summary: "Key of this client's certificate.",
    ...pem,
  }),
  partitions: setting<number | undefined>({
    key: 'log.partitions',
    type: 'whole number',
    summary: 'Partitions of data topics. A change needs a new epoch.',
    fallback: undefined,
    fallbackWords: '24 on Kafka, 4 embedded',
    read: wholeNumber(1, 10_000),
  }),
  replicationFactor: setting({
    key: 'log.replication_factor',
    type: 'whole number',
    summary: 'Copies of each partition on Kafka; at most the number of brokers. Three are usual in production.',
    fallback: 1,
    read: wholeNumber(1, 32),
  }),
  registryUrl: setting<string | undefined>({
    key: 'registry.url',
    env: 'SCHEMA_REGISTRY_URL',
    type: 'address',
    summary: 'Schema registry.',
    fallback: undefined,
    fallbackWords: 'a registry of its own',
    read: optionalAddress,
  }),
  clickhouseUrl: setting<string | undefined>({
    key: 'clickhouse.url',
    env: 'CLICKHOUSE_URL',
    type: 'address',
    summary: 'ClickHouse server.',
    fallback: undefined,
    fallbackWords: 'the embedded engine',
    read: optionalAddress,
  }),
  clickhouseUser: setting({
    key: 'clickhouse.user',
    env: 'CLICKHOUSE_USER',
    type: 'text',
    summary: 'Name to sign in with.',
    fallback: 'default',
    read: text,
  }),
  clickhousePassword: setting({
    key: 'clickhouse.password',
    env: 'CLICKHOUSE_PASSWORD',
    type: 'text',
    summary: 'Password to sign in with.',
    fallback: '',
    read: (value, what) => value.scalarText(what),
  }),
  intervalMs: setting({
    key: 'agent.interval_ms',
    type: 'whole number, ms',
    summary: 'Time between two samples of the agent; whole seconds.',
    fallback: 1_000,
    read: (value, what) => {
      const intervalMs = wholeNumber(1_000, 60_000)(value, what);
      if (intervalMs % 1_000 !== 0) throw value.wrong(`a whole number of seconds (1000, 2000, …) for ${what}`);
      return intervalMs;
    },
  }),
  spoolBytesMax: setting({
    key: 'agent.spool_bytes_max',
    type: 'whole number, bytes',
    summary: 'Most bytes that the agent keeps on disk while the log is away; the oldest go first.',
    fallback: 256 * 1_024 * 1_024,
    read: wholeNumber(1_024 * 1_024, 2 ** 40),
  }),
  tierSecondsMetrics: setting<readonly string[]>({
    key: 'windows.tier_seconds_metrics',
    type: 'list of at most 16 names',
    summary:
      'Metrics that are kept per host and second for correlations and load tests: counters or application values.',
    fallback: [
      'requests_per_s',
      'duration_avg_ms',
      'duration_cpu_avg_ms',
      'duration_ms_p50',
      'duration_ms_p95',
      'duration_ms_p99',
      'errors_per_s',
      'cpu_busy_ratio',
      'cpu_user_ratio',
      'cpu_system_ratio',
      'cpu_steal_ratio',
      'psi_cpu_some_ratio',
      'load1',
      'mem_available_bytes',
      'rx_bytes_per_s',
      'tx_bytes_per_s',
    ],
    read: tierSecondsMetrics,
  }),
  metricPairs: setting<readonly (readonly [string, string])[]>({
    key: 'windows.metric_pairs',
    type: 'list of [x, y]',
    summary: 'Pairs of these metrics that are correlated each second.',
    fallback: [
      ['requests_per_s', 'duration_avg_ms'],
      ['requests_per_s', 'cpu_busy_ratio'],
    ],
    read: metricPairs,
  }),
  rawEnabled: setting({
    key: 'raw.enabled',
    type: 'true or false',
    summary: 'Keep the 1-second counters of every host in ClickHouse (`counters_1s`).',
    fallback: true,
    read: flag,
  }),
  overwatchHost: setting({
    key: 'overwatch.host',
    type: 'text',
    summary: 'Address that the web server listens on.',
    fallback: '127.0.0.1',
    read: text,
  }),
  overwatchPort: setting({
    key: 'overwatch.port',
    type: 'whole number',
    summary: 'Port that the web server listens on; 0 = any free one.',
    fallback: 8_080,
    read: wholeNumber(0, 65_535),
  }),
};
