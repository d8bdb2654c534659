import { DynoError } from '../../base/errors.ts';
import type { ProduceRecord, Producer } from '../port.ts';
import { kafkaError } from './kafka-errors.ts';
import { type Kafka, type Producer as KafkajsProducer, Partitioners } from './kafkajs.ts';
import { sendChunks } from './send-chunks.ts';

const retry = { initialRetryTime: 20, maxRetryTime: 1_000, retries: 8 };

/**
 * An idempotent producer. One send at a time: kafkajs gives a batch that failed its sequence numbers back, and a batch
 * of another send that takes them looks to the broker like a repeat and is dropped. After a send that failed for good
 * the client is replaced, for the same reason.
 */
export class KafkaProducer implements Producer {
  readonly #kafka: Kafka;
  #client: Promise<KafkajsProducer> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Connects now instead of at the first send. */
  async open(): Promise<void> {
    await this.#connected();
  }

  send(records: readonly ProduceRecord[]): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    const sent = this.#last.then(() => this.#send(records));
    this.#last = sent.catch(() => {});
    return sent;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#discard();
  }

  async #send(records: readonly ProduceRecord[]): Promise<void> {
    const chunks = sendChunks(records);
    try {
      const client = await this.#connected();
      for (const topicMessages of chunks) await client.sendBatch({ acks: -1, topicMessages });
    } catch (error) {
      await this.#discard();
      throw kafkaError(error, `appending ${records.length} records to ${records[0]?.topic}`);
    }
  }

  #connected(): Promise<KafkajsProducer> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<KafkajsProducer> {
    const client = this.#kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry,
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      this.#client = undefined;
      await client.disconnect().catch(() => {});
      throw kafkaError(error, 'connecting a producer');
    }
  }

  async #discard(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then((connected) => connected.disconnect()).catch(() => {});
  }
}

const closedError = (): DynoError =>
  new DynoError('DYNO_LOG_CLOSED', 'this producer is closed; open another with producer()');
