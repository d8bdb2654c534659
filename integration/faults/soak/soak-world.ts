import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyTopics } from '../../../cli/setup/apply-topics.ts';
import type { StageName } from '../../../cli/stage-names.ts';
import { type LocalKafka, startKafka } from '../../../infra/kafka-local/start-kafka.ts';
import { openKafkaLog } from '../../../log/kafka/open-kafka-log.ts';
import type { Log } from '../../../log/port.ts';
import { openRegistryClient } from '../../../log/registry/client.ts';
import { startRegistry } from '../../../log/registry/start-registry.ts';
import { publishPlacements } from '../../bench/world/cluster.ts';
import { Program } from '../../program/program.ts';
import type { FeedOptions } from './feed.ts';
import type { MemorySample } from './memory-curve.ts';
import { SoakChild } from './soak-children.ts';

export interface SoakWorldOptions {
  readonly hosts: number;
  readonly partitions: number;
  readonly seed: number;
  readonly say: (words: string) => void;
}

const meter = new URL('./memory-meter.js', import.meta.url).href;

/** A real Kafka, a registry, the ClickHouse engine behind HTTP, and the program's own processes around them. */
export class SoakWorld {
  readonly options: SoakWorldOptions;
  readonly folder: string;
  readonly broker: LocalKafka;
  readonly log: Log;
  readonly clickHouse: SoakChild;
  readonly #schemaId: number;
  readonly #env: Readonly<Record<string, string>>;
  readonly #config: string;
  /** Closed in the reverse order. */
  readonly #opened: Closing[];

  static async start(options: SoakWorldOptions): Promise<SoakWorld> {
    const { hosts, partitions, say } = options;
    const folder = mkdtempSync(join(tmpdir(), 'dynoscope-soak-'));
    const opened: Closing[] = [async () => rmSync(folder, { recursive: true, force: true })];
    try {
      say(`starting Apache Kafka, ${partitions} partitions a topic`);
      const broker = await startKafka({ say });
      opened.push(() => broker.close());
      const log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'soak', replicationFactor: 1 });
      opened.push(() => log.close());
      const registry = await startRegistry({ log });
      opened.push(() => registry.close());
      const client = openRegistryClient({ url: registry.url });
      const { schemaIds } = await applyTopics({ log, registry: client, partitions });
      // Of the hosts that come later some have a place and some are unassigned.
      await publishPlacements(log, hosts * 2, schemaIds.get('topology.hosts.v1')!);
      const clickHouse = new SoakChild('clickhouse-server', join(folder, 'clickhouse'));
      opened.push(() => clickHouse.kill());
      const { url } = (await clickHouse.said()) as { url: string };
      const env = { KAFKA_BROKERS: broker.bootstrap, SCHEMA_REGISTRY_URL: registry.url, CLICKHOUSE_URL: url };
      const schemaId = schemaIds.get('dyno.counters.v1')!;
      return new SoakWorld({ options, folder, broker, log, clickHouse, env, schemaId, opened });
    } catch (error) {
      await closeAll(opened);
      throw error;
    }
  }

  private constructor(parts: SoakParts) {
    const { options, folder, broker, log, clickHouse } = parts;
    this.options = options;
    this.folder = folder;
    this.broker = broker;
    this.log = log;
    this.clickHouse = clickHouse;
    this.#env = parts.env;
    this.#schemaId = parts.schemaId;
    this.#opened = parts.opened;
    this.#config = join(folder, 'soak.yaml');
    const settings = `data_dir: ${JSON.stringify(join(folder, 'data'))}\nlog:\n  partitions: ${options.partitions}\n`;
    writeFileSync(this.#config, settings);
  }

  /** `dynoscope run STAGE` as a process of its own. */
  run(stage: StageName, env: Readonly<Record<string, string>> = {}): Program {
    const args = ['run', stage, '--config', this.#config];
    const program = new Program({ args, env: { ...this.#env, ...env }, cwd: this.folder });
    this.#opened.push(async () => (program.running ? program.signal('SIGKILL') : undefined));
    return program;
  }

  /** The same, with its memory written down. */
  runMeasured(stage: StageName): Program {
    return this.run(stage, { NODE_OPTIONS: `--import=${meter}`, DYNO_SOAK_MEMORY_FILE: this.#memoryFile(stage) });
  }

  memoryOf(stage: StageName): MemorySample[] {
    const lines = readFileSync(this.#memoryFile(stage), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as MemorySample);
  }

  startFeed(): SoakChild {
    const { hosts, partitions, seed } = this.options;
    const options: FeedOptions = {
      bootstrap: this.broker.bootstrap,
      schemaId: this.#schemaId,
      hosts,
      partitions,
      seed,
    };
    const feed = new SoakChild('feed', JSON.stringify(options));
    this.#opened.push(() => feed.kill());
    return feed;
  }

  async close(): Promise<void> {
    this.broker.thaw();
    await closeAll(this.#opened.splice(0));
  }

  #memoryFile(stage: StageName): string {
    return join(this.folder, `memory-${stage}.ndjson`);
  }
}

type Closing = () => Promise<unknown>;

interface SoakParts {
  readonly options: SoakWorldOptions;
  readonly folder: string;
  readonly broker: LocalKafka;
  readonly log: Log;
  readonly clickHouse: SoakChild;
  readonly env: Readonly<Record<string, string>>;
  readonly schemaId: number;
  readonly opened: Closing[];
}

async function closeAll(opened: readonly Closing[]): Promise<void> {
  for (const close of [...opened].reverse()) await close().catch(() => undefined);
}
