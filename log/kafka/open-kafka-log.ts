import { type Clock, systemClock } from '../../base/clock.ts';
import type { LogSettings } from '../../base/settings/settings.ts';
import type {
  GroupOffset,
  Log,
  Producer,
  RecordBatch,
  SubscribeOptions,
  Subscription,
  SubscriptionListener,
  TopicPartition,
  TopicSettings,
  TopicState,
  TransactionalProducer,
} from '../port.ts';
import { inOurWords, kafkaError } from './kafka-errors.ts';
import { kafkaLines, type OffsetReset } from './kafka-lines.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { KafkaSubscription } from './kafka-subscription.ts';
import { KafkaTransactions } from './kafka-transactions.ts';
import { type Admin, Kafka, type KafkaConfig, logLevel, type SASLOptions } from './kafkajs.ts';
import { PartitionReader } from './partition-reader.ts';
import { quietConnections } from './quiet-connections.ts';
import { socketFactory } from './sockets.ts';
import { checkTopics, createTopics, topicState } from './topics.ts';

export interface KafkaLogOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly sasl?: LogSettings['sasl'];
  readonly ssl?: LogSettings['ssl'];
  readonly replicationFactor: number;
  /** How long a silent member stays in its group. Brokers take 6,000 at least. Default 6,000. */
  readonly sessionTimeoutMs?: number;
  /** How long a dead owner's open transaction may hide later records. Default 10,000. */
  readonly transactionTimeoutMs?: number;
  readonly clock?: Clock;
}

const defaults = { sessionTimeoutMs: 6_000, transactionTimeoutMs: 10_000, clock: systemClock };

/** The log port on Apache Kafka by kafkajs. Resolves when the cluster has answered. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<Log> {
  const log = new KafkaLog({ ...defaults, ...options });
  try {
    await log.connect();
    return log;
  } catch (error) {
    await log.close();
    throw kafkaError(error, `connecting to Kafka at ${options.brokers.join(', ')}`);
  }
}

class KafkaLog implements Log {
  readonly #options: Required<Omit<KafkaLogOptions, 'sasl' | 'ssl'>>;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #reader: PartitionReader;
  readonly #subscriptions = new Set<KafkaSubscription>();
  readonly #producers = new Set<{ close(): Promise<void> }>();

  constructor(options: Required<Omit<KafkaLogOptions, 'sasl' | 'ssl'>> & KafkaLogOptions) {
    quietConnections();
    this.#options = options;
    this.#kafka = new Kafka(kafkaConfig(options, (reset) => this.#onOffsetReset(reset)));
    this.#admin = this.#kafka.admin();
    this.#reader = new PartitionReader({
      kafka: this.#kafka,
      clock: options.clock,
      topicState: (topic) => this.topicState(topic),
    });
  }

  connect(): Promise<void> {
    return this.#admin.connect();
  }

  createTopics(topics: readonly TopicSettings[]): Promise<void> {
    return createTopics(this.#admin, topics, this.#options.replicationFactor);
  }

  checkTopics(topics: readonly TopicSettings[]): Promise<readonly string[]> {
    return checkTopics(this.#admin, topics);
  }

  topicState(topic: string): Promise<TopicState> {
    return topicState(this.#admin, topic);
  }

  async producer(): Promise<Producer> {
    const producer = new KafkaProducer(this.#kafka);
    await producer.open();
    return this.#closedWithLog(producer);
  }

  async transactionalProducer(transactionalId: string): Promise<TransactionalProducer> {
    const { clock, transactionTimeoutMs } = this.#options;
    return this.#closedWithLog(
      await KafkaTransactions.open({ kafka: this.#kafka, clock, transactionalId, transactionTimeoutMs }),
    );
  }

  async committedOffsets(
    group: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly (GroupOffset | undefined)[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const answered = await inOurWords(`asking for the offsets of group ${group}`, () =>
      this.#admin.fetchOffsets({ groupId: group, topics }),
    );
    const found = new Map<string, GroupOffset>();
    for (const { topic, partitions: offsets } of answered) {
      for (const { partition, offset, metadata } of offsets) {
        if (Number(offset) < 0) continue;
        found.set(`${topic} ${partition}`, { topic, partition, offset: Number(offset), metadata: metadata ?? '' });
      }
    }
    return partitions.map(({ topic, partition }) => found.get(`${topic} ${partition}`));
  }

  async subscribe(options: SubscribeOptions, listener: SubscriptionListener): Promise<Subscription> {
    const states = await Promise.all(options.topics.map((topic) => this.topicState(topic)));
    const partitionCount = states.reduce((sum, { endOffsets }) => sum + endOffsets.length, 0);
    const { clock, sessionTimeoutMs } = this.#options;
    const onStopped = (stopped: KafkaSubscription) => this.#subscriptions.delete(stopped);
    const subscription = await KafkaSubscription.start(
      { ...options, kafka: this.#kafka, clock, sessionTimeoutMs, partitionCount, onStopped },
      listener,
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  read(partition: TopicPartition, fromOffset = 0): AsyncIterable<RecordBatch> {
    return this.#reader.read(partition, fromOffset);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await Promise.all([...this.#producers].map((producer) => producer.close()));
    await this.#reader.close();
    await this.#admin.disconnect().catch(() => {});
  }

  /** A producer that nobody closed is closed with the log; one that was is forgotten. */
  #closedWithLog<P extends { close(): Promise<void> }>(producer: P): P {
    this.#producers.add(producer);
    const close = producer.close.bind(producer);
    producer.close = () => {
      this.#producers.delete(producer);
      return close();
    };
    return producer;
  }

  #onOffsetReset({ group, topic, partition }: OffsetReset): void {
    for (const subscription of this.#subscriptions)
      if (subscription.group === group) subscription.noteReset({ topic, partition });
  }
}

function kafkaConfig(options: KafkaLogOptions, onOffsetReset: (reset: OffsetReset) => void): KafkaConfig {
  const { brokers, clientId, sasl, ssl } = options;
  return {
    brokers: [...brokers],
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 20, maxRetryTime: 1_000, retries: 8 },
    socketFactory,
    logLevel: logLevel.WARN,
    logCreator: kafkaLines(onOffsetReset),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
    ...(ssl === undefined ? {} : { ssl: withoutUndefined(ssl) }),
  };
}

function withoutUndefined(ssl: NonNullable<LogSettings['ssl']>): Record<string, string> {
  return Object.fromEntries(Object.entries(ssl).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
