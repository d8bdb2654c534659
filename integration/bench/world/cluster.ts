import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyTopics } from '../../../cli/setup/apply-topics.ts';
import { startKafka } from '../../../infra/kafka-local/start-kafka.ts';
import { openKafkaLog } from '../../../log/kafka/open-kafka-log.ts';
import type { Log } from '../../../log/port.ts';
import { openRegistryClient } from '../../../log/registry/client.ts';
import { startRegistry } from '../../../log/registry/start-registry.ts';
import type { AvroTopic } from '../../../schemas/codec.ts';
import { codecOf } from '../../../schemas/codec.ts';
import { placementsOf } from './counter-records.ts';

/** A real Kafka with all topics, a registry, and where the hosts are: what a stage needs around it. */
export interface Cluster {
  readonly log: Log;
  readonly bootstrap: string;
  readonly partitions: number;
  readonly schemaIds: ReadonlyMap<AvroTopic, number>;
  /** A folder for what the bench keeps; removed with the cluster. */
  readonly folder: string;
  /** For children: the way to this cluster. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly partitions: number;
  readonly hosts: number;
  readonly say: (words: string) => void;
}

export async function startCluster({ partitions, hosts, say }: ClusterOptions): Promise<Cluster> {
  say(`starting Apache Kafka with ${partitions} partitions a topic`);
  const folder = mkdtempSync(join(tmpdir(), 'dynoscope-bench-'));
  const broker = await startKafka({ say });
  const log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'bench', replicationFactor: 1 });
  const registry = await startRegistry({ log });
  const client = openRegistryClient({ url: registry.url });
  const { schemaIds } = await applyTopics({ log, registry: client, partitions });
  await publishPlacements(log, hosts, schemaIds.get('topology.hosts.v1')!);
  return {
    log,
    bootstrap: broker.bootstrap,
    partitions,
    schemaIds,
    folder,
    env: {
      KAFKA_BROKERS: broker.bootstrap,
      SCHEMA_REGISTRY_URL: registry.url,
    },
    close: async () => {
      await registry.close();
      await log.close();
      await broker.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where the hosts are, into `topology.hosts.v1`. */
export async function publishPlacements(log: Log, hosts: number, schemaId: number): Promise<void> {
  const topic = 'topology.hosts.v1';
  const codec = codecOf(topic);
  const producer = await log.producer();
  await producer.send(
    placementsOf(hosts).map((record) => ({
      topic,
      partition: 0,
      key: Buffer.from(record.host),
      value: codec.encode(record, schemaId),
    })),
  );
  await producer.close();
}
