import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { type DirLock, lockDir } from '../../base/dir-lock.ts';
import { DynoError } from '../../base/errors.ts';
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
import { Appender } from './appender.ts';
import { checkBlock } from './block.ts';
import { Disk } from './disk.ts';
import { fetch } from './fetch.ts';
import { allBlocksRange } from './keys.ts';
import { committedOffsets } from './offsets.ts';
import { Producers } from './producers.ts';
import { Retention } from './retention.ts';
import { roomCheck } from './room.ts';
import { EmbeddedSubscription } from './subscription.ts';
import { Tail } from './tail.ts';
import { differences, Topics } from './topics.ts';
import { Turns } from './turns.ts';
import { Upkeep } from './upkeep.ts';

export interface EmbeddedLogOptions {
  /** Folder of the log; made when missing. One process at a time. */
  readonly dir: string;
  readonly clock: Clock;
  /** The longest any topic keeps records, whatever its own settings say. Default 1 h. */
  readonly retentionMs?: number;
  /** Bytes of the file in use beyond which the oldest records go. Default 1 GB. */
  readonly bytesMax?: number;
}

export interface EmbeddedLog extends Log {
  /** Compacts the topic's partitions before it resolves; otherwise that happens by itself. */
  compactNow(topic: string): Promise<void>;
  /** Applies retention before it resolves; otherwise that happens by itself. */
  trimNow(): Promise<void>;
  /** Bytes of the file in use. */
  usedBytes(): number;
}

/** The log in this process: durable across kill -9, all partitions in one owner. */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const lock = lockDir(options.dir, inUse);
  try {
    return new OpenLog(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

class OpenLog implements EmbeddedLog {
  readonly #lock: DirLock;
  readonly #disk: Disk;
  readonly #topics: Topics;
  readonly #appender: Appender;
  readonly #producers: Producers;
  readonly #upkeep: Upkeep;
  readonly #tail = new Tail();
  readonly #turns = new Turns();
  readonly #groups = new Set<string>();
  readonly #subscriptions = new Set<Subscription>();
  #closed = false;

  constructor({ dir, clock, retentionMs = 3_600_000, bytesMax = 1_000_000_000 }: EmbeddedLogOptions, lock: DirLock) {
    this.#lock = lock;
    // Address space, not memory or disk: far more than the log may ever use.
    this.#disk = new Disk(join(dir, 'lmdb'), Math.max(4 * bytesMax, 1_000_000_000));
    if (lock.afterPowerLoss) checkAll(this.#disk);
    const [disk, tail, topics] = [this.#disk, this.#tail, new Topics(this.#disk)];
    this.#topics = topics;
    const retention = new Retention({ disk, topics, tail, retentionMs, bytesMax });
    const checkRoom = roomCheck({ disk, retention, clock, bytesMax, dir });
    this.#appender = new Appender({ disk, topics, tail, clock, checkRoom });
    this.#producers = new Producers({ disk, appender: this.#appender, turns: this.#turns });
    this.#upkeep = new Upkeep({ disk, topics, tail, clock, retention, tombstoneMs: retentionMs });
  }

  async createTopics(topics: readonly TopicSettings[]): Promise<void> {
    this.#open();
    this.#topics.create(topics);
  }

  async checkTopics(topics: readonly TopicSettings[]): Promise<readonly string[]> {
    this.#open();
    return topics.flatMap((wanted) => differences(wanted, this.#topics.get(wanted.name)?.settings));
  }

  async topicState(topic: string): Promise<TopicState> {
    this.#open();
    const { partitions } = this.#topics.partition({ topic, partition: 0 }).topic;
    return {
      topic,
      startOffsets: partitions.map((each) => each.startOffset),
      endOffsets: partitions.map((each) => each.endOffset),
    };
  }

  async producer(): Promise<Producer> {
    this.#open();
    return this.#producers.plain();
  }

  async transactionalProducer(transactionalId: string): Promise<TransactionalProducer> {
    this.#open();
    return this.#producers.transactional(transactionalId);
  }

  async committedOffsets(
    group: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly (GroupOffset | undefined)[]> {
    this.#open();
    return committedOffsets({ disk: this.#disk, topics: this.#topics, group, partitions });
  }

  async subscribe(options: SubscribeOptions, listener: SubscriptionListener): Promise<Subscription> {
    this.#open();
    const { group, topics, assignment } = options;
    const partitions = topics.flatMap((topic) => this.#topics.partition({ topic, partition: 0 }).topic.partitions);
    if (assignment !== 'broadcast') this.#joinGroup(group);
    const subscription = new EmbeddedSubscription({
      kept: { disk: this.#disk, tail: this.#tail },
      partitions,
      listener,
      commit: (offsets) => {
        this.#open();
        this.#appender.append({ records: [], offsets: offsets.map((each) => ({ ...each, group })) });
      },
      onStopped: () => {
        this.#subscriptions.delete(subscription);
        if (assignment !== 'broadcast') this.#groups.delete(group);
      },
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async *read(at: TopicPartition, fromOffset = 0): AsyncIterable<RecordBatch> {
    this.#open();
    const partition = this.#topics.partition(at);
    const untilOffset = partition.endOffset;
    for (let next = fromOffset; next < untilOffset; ) {
      this.#open();
      const batch = fetch({ disk: this.#disk, tail: this.#tail }, partition, next);
      if (batch === undefined) return;
      next = batch.nextOffset;
      yield batch;
      await this.#turns.pass();
    }
  }

  async compactNow(topic: string): Promise<void> {
    this.#open();
    this.#upkeep.compactNow(this.#topics.partition({ topic, partition: 0 }).topic.partitions);
  }

  async trimNow(): Promise<void> {
    this.#open();
    this.#upkeep.runNow();
  }

  usedBytes(): number {
    this.#open();
    return this.#disk.usedBytes();
  }

  /** Stops every subscription, waits for their batches, and gives the folder free. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await Promise.all([...this.#subscriptions].map((each) => each.stop()));
    this.#closed = true;
    await this.#upkeep.stop();
    await this.#disk.close();
    this.#lock.release();
  }

  #joinGroup(group: string): void {
    if (!this.#groups.has(group)) {
      this.#groups.add(group);
      return;
    }
    throw new DynoError(
      'DYNO_LOG_GROUP_IN_USE',
      `group ${group} already has a member: in the embedded log one member owns all partitions. ` +
        'Stop it first, or use Kafka to share the work.',
      { details: { group } },
    );
  }

  #open(): void {
    if (!this.#closed) return;
    throw new DynoError('DYNO_LOG_CLOSED', 'the embedded log was used after it was closed; open it again');
  }
}

/** Reads every block once and throws on the first that is not whole. */
function checkAll(disk: Disk): void {
  let range = allBlocksRange();
  for (;;) {
    const entries = disk.range(range, 1_000);
    for (const { key, value } of entries) checkBlock(value, `key ${key.toString('hex')}`);
    const last = entries.at(-1);
    if (last === undefined) return;
    range = { ...range, start: Buffer.concat([last.key, Buffer.from([0])]) };
  }
}

const inUse = (dir: string, pid: number | undefined): DynoError =>
  new DynoError(
    'DYNO_LOG_DIR_IN_USE',
    `the log in ${dir} is in use by process ${pid ?? 'unknown'}: one process owns a data folder. ` +
      'Stop that process, or give this one another folder with --data.',
    { details: { dir, pid } },
  );
