import { createRequire } from 'node:module';
import type { Kafka, KafkaMessage } from 'kafkajs';
import './kafkajs-faster.ts';
import { type AbortedTransaction, type DecodedRecord, hideAborted } from './hide-aborted.ts';

/**
 * The one place that reaches below kafkajs's public interface (version 2.2.4, frozen), with `kafkajs-faster.ts`,
 * for two reasons: reading a partition without a consumer group, which would cost a join and, on most clusters, the
 * group's initial delay of 3 s; and records of aborted transactions, which kafkajs shows where two of them overlap.
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

export interface InsidePartition {
  readonly partition: number;
  readonly highWatermark: string;
  /** End of what read-committed readers see. */
  readonly lastStableOffset: string;
}

/** A fetched partition with markers and aborted records taken out. */
export interface InsideBatch {
  readonly messages: readonly KafkaMessage[];
  /** All that was fetched from the offset on, with markers and aborted records. */
  readonly messagesWithinOffset: readonly unknown[];
  lastOffset(): string;
}

type CreateCluster = (options: Record<string, unknown>) => InsideCluster;
type BatchClass = new (topic: string, fetchedOffset: string, partition: InsidePartition) => InsideBatch;

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

const require = createRequire(import.meta.url);

export const InsideBatch = require('kafkajs/src/consumer/batch.js') as BatchClass;

interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly DecodedPartition[] }[];
}

interface DecodedPartition {
  readonly messages: readonly DecodedRecord[];
  abortedTransactions: readonly AbortedTransaction[] | null;
}

interface FetchResponseModule {
  decode(rawData: Buffer): Promise<FetchAnswer>;
}

/** Versions of the fetch protocol with transactions that kafkajs speaks. */
const fetchVersions = [4, 5, 6, 7, 8, 9, 10, 11];

/**
 * kafkajs takes the aborted transactions for sorted by their beginning and begins at most one a record: with overlapping
 * ones, as a killed process leaves behind, it shows aborted records. They are hidden here as soon as an answer is
 * decoded, and kafkajs is told of none. Runs once, when this module is loaded.
 */
function mendFetchAnswers(): void {
  for (const version of fetchVersions) {
    const response = require(`kafkajs/src/protocol/requests/fetch/v${version}/response.js`) as FetchResponseModule;
    const decode = response.decode;
    response.decode = async (rawData) => {
      const answer = await decode(rawData);
      for (const { partitions } of answer.responses) {
        for (const partition of partitions) {
          hideAborted(partition.messages, partition.abortedTransactions ?? []);
          partition.abortedTransactions = [];
        }
      }
      return answer;
    };
  }
}

mendFetchAnswers();
