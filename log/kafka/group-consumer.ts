import { kafkaError } from './kafka-errors.ts';
import type { Consumer, Kafka, PartitionAssigner } from './kafkajs.ts';

/** Records that a fetch passed and that nobody may see: transaction markers, aborted records. */
export interface PassedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly lastOffset: string;
  readonly highWatermark: string;
}

export interface GroupConsumerOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly assigner: PartitionAssigner;
  /** Called within kafkajs's join, before the first fetch. */
  readonly onJoin: (consumer: Consumer, assignment: Readonly<Record<string, readonly number[]>>) => void;
  readonly onFetch: (consumer: Consumer) => void;
  readonly onInvisible: (consumer: Consumer, passed: PassedRecords) => void;
  readonly onCrash: (consumer: Consumer, error: unknown) => void;
}

/** A consumer that fails is replaced by us: kafkajs's own restart gives up on some errors that pass. */
const retry = { initialRetryTime: 20, maxRetryTime: 500, retries: 5, restartOnFailure: async () => false };
const heartbeatMsMax = 1_000;
const fetchWaitMs = 100;
const partitionBytesMax = 1_048_576;
const fetchBytesMax = 16_777_216;

/** A connected consumer of the group that has not joined yet; rejects where the topics cannot be subscribed to. */
export async function connectConsumer(options: GroupConsumerOptions): Promise<Consumer> {
  const { kafka, group, topics, sessionTimeoutMs, assigner } = options;
  const consumer = kafka.consumer({
    groupId: group,
    partitionAssigners: [assigner],
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: Math.max(sessionTimeoutMs, 10_000),
    heartbeatInterval: Math.min(heartbeatMsMax, sessionTimeoutMs / 3),
    maxWaitTimeInMs: fetchWaitMs,
    minBytes: 1,
    maxBytesPerPartition: partitionBytesMax,
    maxBytes: fetchBytesMax,
    allowAutoTopicCreation: false,
    retry,
  });
  const { GROUP_JOIN, FETCH_START, START_BATCH_PROCESS, CRASH } = consumer.events;
  consumer.on(GROUP_JOIN, ({ payload }) => options.onJoin(consumer, payload.memberAssignment));
  consumer.on(FETCH_START, () => options.onFetch(consumer));
  consumer.on(CRASH, ({ payload }) => options.onCrash(consumer, payload.error));
  consumer.on(START_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize === 0) options.onInvisible(consumer, payload);
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    return consumer;
  } catch (error) {
    await discardConsumer(consumer);
    throw kafkaError(error, `subscribing group ${group} to ${topics.join(', ')}`);
  }
}

/** Leaves the group and closes the connections, as far as that still works. */
export async function discardConsumer(consumer: Consumer | undefined): Promise<void> {
  await consumer?.disconnect().catch(() => {});
}
