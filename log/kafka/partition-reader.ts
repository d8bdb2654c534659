import { type Clock, delay } from '../../base/clock.ts';
import type { RecordBatch, TopicPartition, TopicState } from '../port.ts';
import { FetchedPartition } from './fetched-partition.ts';
import { isForbidden, kafkaError, kafkaTypeOf } from './kafka-errors.ts';
import type { Kafka } from './kafkajs.ts';
import { type InsideCluster, type InsidePartition, insideCluster, readCommitted } from './kafkajs-inside.ts';

export interface PartitionReaderOptions {
  readonly kafka: Kafka;
  readonly clock: Clock;
  readonly topicState: (topic: string) => Promise<TopicState>;
}

const fetchBytesMax = 2_000_000;
const attemptsMax = 12;
const firstPauseMs = 20;
const pauseMsMax = 1_000;

interface Fetched {
  readonly fetched: FetchedPartition;
  /** End of what read-committed readers see. */
  readonly stableEnd: number;
}

/** Reads partitions without a group, over one set of connections that is made at the first use. */
export class PartitionReader {
  readonly #options: PartitionReaderOptions;
  #cluster: Promise<InsideCluster> | undefined;

  constructor(options: PartitionReaderOptions) {
    this.#options = options;
  }

  /** From `fromOffset`, or the first record kept if that is later, to the last stable offset of the first fetch. */
  async *read(at: TopicPartition, fromOffset: number): AsyncGenerator<RecordBatch> {
    const state = await this.#options.topicState(at.topic);
    let offset = Math.max(fromOffset, state.startOffsets[at.partition] ?? 0);
    if (offset >= (state.endOffsets[at.partition] ?? 0)) return;
    let end: number | undefined;
    for (;;) {
      const { fetched, stableEnd } = await this.#fetch(at, offset);
      end ??= stableEnd;
      // Nothing at all below the end: what is left of the partition was compacted away.
      const nextOffset = Math.min(end, fetched.nextOffset ?? end);
      const batch = fetched.batch({ nextOffset, endOffset: end }, end);
      if (batch.count > 0) yield batch;
      if (nextOffset >= end) return;
      offset = nextOffset;
    }
  }

  async close(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    await cluster?.then((connected) => connected.disconnect()).catch(() => {});
  }

  async #fetch(at: TopicPartition, offset: number): Promise<Fetched> {
    const doing = `reading ${at.topic}[${at.partition}] from offset ${offset}`;
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await fetchOnce(await this.#connected(), at, offset);
        const fetched = new FetchedPartition(at.topic, String(offset), answer);
        return { fetched, stableEnd: Number(answer.lastStableOffset) };
      } catch (error) {
        if (attempt === attemptsMax || isForbidden(error)) throw kafkaError(error, doing);
        const startNow = await this.#startIfGone(at, offset, error);
        if (startNow !== undefined) return this.#fetch(at, startNow);
        await this.close();
        await delay(this.#options.clock, Math.min(firstPauseMs * 2 ** attempt, pauseMsMax));
      }
    }
  }

  /** The first record kept, where retention has just taken the record that was asked for. */
  async #startIfGone(at: TopicPartition, offset: number, error: unknown): Promise<number | undefined> {
    if (kafkaTypeOf(error) !== 'OFFSET_OUT_OF_RANGE') return undefined;
    const start = (await this.#options.topicState(at.topic)).startOffsets[at.partition] ?? 0;
    return start > offset ? start : undefined;
  }

  #connected(): Promise<InsideCluster> {
    this.#cluster ??= connect(this.#options.kafka).catch((error: unknown) => {
      this.#cluster = undefined;
      throw error;
    });
    return this.#cluster;
  }
}

async function connect(kafka: Kafka): Promise<InsideCluster> {
  const cluster = insideCluster(kafka);
  try {
    await cluster.connect();
    return cluster;
  } catch (error) {
    await cluster.disconnect().catch(() => {});
    throw error;
  }
}

async function fetchOnce(cluster: InsideCluster, at: TopicPartition, offset: number): Promise<InsidePartition> {
  await cluster.addTargetTopic(at.topic);
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(at.topic, [at.partition]));
  if (nodeId === undefined) throw new Error(`${at.topic}[${at.partition}] has no leader now`);
  const broker = await cluster.findBroker({ nodeId });
  const asked = { partition: at.partition, fetchOffset: String(offset), maxBytes: fetchBytesMax };
  const answer = await broker.fetch({
    isolationLevel: readCommitted,
    maxWaitTime: 0,
    minBytes: 0,
    maxBytes: fetchBytesMax,
    topics: [{ topic: at.topic, partitions: [asked] }],
  });
  const fetched = answer.responses[0]?.partitions[0];
  if (fetched === undefined) throw new Error(`the broker's answer is without ${at.topic}[${at.partition}]`);
  return fetched;
}
