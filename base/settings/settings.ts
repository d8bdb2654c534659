/** Everything a user can set: `dynoscope.yaml`, overridden by the environment, overridden by flags. */
export interface Settings {
  /** Folder for the embedded log, ClickHouse, spool, token. Default `.dynoscope`. */
  readonly dataDir: string;
  /** Raised for a backfill or a change of partition counts; part of group names, tokens and rows. Default 1. */
  readonly epoch: number;
  readonly log: LogSettings;
  readonly registry: { readonly url: string | undefined };
  readonly clickhouse: ClickHouseSettings;
  readonly agent: AgentSettings;
  readonly windows: WindowsSettings;
  readonly raw: { readonly enabled: boolean };
  readonly overwatch: { readonly host: string; readonly port: number };
  readonly topologyFile: string | undefined;
  /** What may be steered; undefined = no tier. */
  readonly loadTestsFile: string | undefined;
}

export interface LogSettings {
  /** Empty = the embedded log. */
  readonly kafkaBrokers: readonly string[];
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  /** Texts of PEM files; all undefined = encrypted, with the authorities that Node knows. */
  readonly ssl:
    | { readonly ca: string | undefined; readonly cert: string | undefined; readonly key: string | undefined }
    | undefined;
  /** Partitions of data topics: default 24 on Kafka, 4 embedded. */
  readonly partitions: number;
  readonly replicationFactor: number;
}

export interface ClickHouseSettings {
  /** undefined = the embedded engine. */
  readonly url: string | undefined;
  readonly user: string;
  readonly password: string;
}

export interface AgentSettings {
  readonly intervalMs: number;
  /** Most bytes the agent keeps on disk while the log is away; the oldest go first. */
  readonly spoolBytesMax: number;
}

export interface WindowsSettings {
  /** The ≤ 16 metrics of tier-seconds: catalogue counters or application values. */
  readonly tierSecondsMetrics: readonly string[];
  /** Metric pairs that are correlated each second: [x, y]. */
  readonly metricPairs: readonly (readonly [string, string])[];
}
