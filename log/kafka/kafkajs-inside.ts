import type { PartitionAnswer } from './fetched-partition.ts';
import type { Kafka } from './kafkajs.ts';

/**
 * Reaches below kafkajs's public interface (version 2.2.4, frozen), as `kafkajs-faster.ts` does, to read a partition
 * without a consumer group, which would cost a join and, on most clusters, the group's initial delay of 3 s.
 */

/** kafkajs's view of the cluster: metadata and connections. */
export interface InsideCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(options: { nodeId: string }): Promise<InsideBroker>;
}

export interface InsideBroker {
  fetch(request: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: readonly {
      topic: string;
      partitions: readonly { partition: number; fetchOffset: string; maxBytes: number }[];
    }[];
  }): Promise<{ responses: readonly { partitions: readonly InsidePartition[] }[] }>;
}

export interface InsidePartition extends PartitionAnswer {
  /** End of what read-committed readers see. */
  readonly lastStableOffset: string;
}

type CreateCluster = (options: Record<string, unknown>) => InsideCluster;

export const readCommitted = 1;

/** A cluster with the same brokers, security and retries as the client. */
export function insideCluster(kafka: Kafka): InsideCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (symbol === undefined) throw new Error('this is not kafkajs 2.2.4: its cluster factory is not where it was');
  const create = (kafka as unknown as Record<symbol, CreateCluster>)[symbol]!;
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, isolationLevel: readCommitted });
}
