import { type Clock, delay } from '../../base/clock.ts';
import { DynoError, hasCode } from '../../base/errors.ts';
import type { GroupOffset, ProduceRecord, Transaction, TransactionalProducer } from '../port.ts';
import { checkMetadata } from './commit-metadata.ts';
import { isFenced, kafkaError, kafkaTypeOf } from './kafka-errors.ts';
import {
  type Kafka,
  type Producer as KafkajsProducer,
  type Transaction as KafkajsTransaction,
  Partitioners,
} from './kafkajs.ts';
import { sendChunks } from './send-chunks.ts';

export interface KafkaTransactionsOptions {
  readonly kafka: Kafka;
  readonly clock: Clock;
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
}

const retry = { initialRetryTime: 20, maxRetryTime: 500, retries: 8 };
/** kafkajs does not retry AddOffsetsToTxn, which the broker refuses while the transaction before is being finished. */
const sendOffsetsAttemptsMax = 30;
const sendOffsetsPauseMs = 20;
const passing = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** Owner of a transactional id on Kafka. Opening it fences whoever owned the id and waits for what that one committed. */
export class KafkaTransactions implements TransactionalProducer {
  readonly #options: KafkaTransactionsOptions;
  readonly #client: KafkajsProducer;
  /** The first transaction is begun at the opening: only then kafkajs asks for the producer id, which fences. */
  #begun: KafkajsTransaction | undefined;
  #isOpen = false;
  #fenced: DynoError | undefined;

  private constructor(options: KafkaTransactionsOptions) {
    this.#options = options;
    this.#client = options.kafka.producer({
      transactionalId: options.transactionalId,
      transactionTimeout: options.transactionTimeoutMs,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      maxInFlightRequests: 1,
      retry,
    });
  }

  static async open(options: KafkaTransactionsOptions): Promise<KafkaTransactions> {
    const owner = new KafkaTransactions(options);
    try {
      await owner.#client.connect();
      owner.#begun = await owner.#client.transaction();
      return owner;
    } catch (error) {
      await owner.close();
      throw kafkaError(error, `taking over transactional id ${options.transactionalId}`);
    }
  }

  async begin(): Promise<Transaction> {
    if (this.#fenced === undefined && this.#isOpen) throw openError(this.#options.transactionalId);
    const kafkajs = await this.#call('beginning a transaction', async () => this.#begun ?? this.#client.transaction());
    this.#begun = undefined;
    this.#isOpen = true;
    let ended = false;
    const within = <T>(doing: string, call: () => Promise<T>) =>
      this.#call(doing, () => {
        if (ended) throw endedError(this.#options.transactionalId);
        return call();
      });
    const finish = (doing: string, call: () => Promise<void>) =>
      within(doing, () => {
        ended = true;
        this.#isOpen = false;
        return call();
      });
    return {
      send: (records) => within('sending', () => sendAll(kafkajs, records)),
      sendOffsets: (group, offsets) =>
        within(`sending offsets of group ${group}`, () => this.#sendOffsets(kafkajs, group, offsets)),
      commit: () => finish('committing', () => kafkajs.commit()),
      abort: () => finish('aborting', () => kafkajs.abort()),
    };
  }

  async close(): Promise<void> {
    await this.#client.disconnect().catch(() => {});
  }

  /** Once fenced, always fenced. */
  async #call<T>(doing: string, call: () => Promise<T>): Promise<T> {
    if (this.#fenced !== undefined) throw this.#fenced;
    try {
      return await call();
    } catch (error) {
      const ours = kafkaError(error, `${doing} as ${this.#options.transactionalId}`);
      if (hasCode(ours, 'DYNO_LOG_FENCED')) this.#fenced = ours;
      throw ours;
    }
  }

  async #sendOffsets(kafkajs: KafkajsTransaction, group: string, offsets: readonly GroupOffset[]): Promise<void> {
    const request = { consumerGroupId: group, topics: offsetsByTopic(offsets) };
    for (let attempt = 1; ; attempt++) {
      try {
        return await kafkajs.sendOffsets(request);
      } catch (error) {
        const passes = !isFenced(error) && passing.has(kafkaTypeOf(error) ?? '');
        if (!passes || attempt === sendOffsetsAttemptsMax) throw error;
        await delay(this.#options.clock, sendOffsetsPauseMs);
      }
    }
  }
}

async function sendAll(kafkajs: KafkajsTransaction, records: readonly ProduceRecord[]): Promise<void> {
  for (const topicMessages of sendChunks(records)) await kafkajs.sendBatch({ acks: -1, topicMessages });
}

/** kafkajs's types do not know the metadata; it passes it on to the broker all the same (a contract test proves it). */
interface PartitionOffset {
  readonly partition: number;
  readonly offset: string;
  readonly metadata: string;
}

const openError = (id: string): DynoError =>
  new DynoError('DYNO_LOG_TRANSACTION_OPEN', `${id} has a transaction under way; commit or abort it first`);

const endedError = (id: string): DynoError =>
  new DynoError('DYNO_LOG_TRANSACTION_ENDED', `the transaction of ${id} was committed or aborted; begin another one`);

function offsetsByTopic(offsets: readonly GroupOffset[]): { topic: string; partitions: PartitionOffset[] }[] {
  const byTopic = new Map<string, PartitionOffset[]>();
  for (const offset of offsets) checkMetadata(offset);
  for (const { topic, partition, offset, metadata } of offsets) {
    const partitions = byTopic.get(topic) ?? [];
    partitions.push({ partition, offset: String(offset), metadata });
    byTopic.set(topic, partitions);
  }
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
}
