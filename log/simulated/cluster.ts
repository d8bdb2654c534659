import { DynoError } from '../../base/errors.ts';
import type { Random } from '../../base/testing/random.ts';
import type { VirtualClock } from '../../base/testing/virtual-clock.ts';
import type { GroupOffset, TopicPartition, TopicSettings } from '../port.ts';
import type { SimulatedServer } from './network.ts';
import type { SimulatedTransaction } from './partition.ts';
import { SimulatedPartition } from './partition.ts';

export interface ClusterOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** A member that is not heard of for this long is out of its groups. */
  readonly sessionTimeoutMs?: number;
  /** An open transaction of a silent owner is aborted after this long. */
  readonly transactionTimeoutMs?: number;
  /** How often a subscription asks for new records. */
  readonly fetchEveryMs?: number;
}

interface OpenTransaction extends SimulatedTransaction {
  readonly partitions: Set<SimulatedPartition>;
  readonly offsets: Map<string, GroupOffset>;
}

/**
 * A log cluster in memory, on a virtual clock, with chance from a seed: transactions that end by markers which take
 * their time, fencing by epoch, offsets, latency. What Kafka does with kafkajs's protocol versions, as far as a stage
 * can notice it: in particular offsets of a transaction are checked against the producer's epoch only, not the group's
 * generation, and a read of committed offsets does not wait for a transaction that is being committed.
 */
export class SimulatedCluster implements SimulatedServer {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly sessionTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly fetchEveryMs: number;
  /** While true every call fails, as with a broker that is away. */
  away = false;
  answerLostRatio = 0;
  slowRatio = 0;
  /** Longest time from the decision on a transaction to its marker in a partition. */
  markerDelayMsMax = 0;
  readonly #topics = new Map<string, SimulatedPartition[]>();
  readonly #offsets = new Map<string, GroupOffset>();
  readonly #epochs = new Map<string, number>();
  readonly #open = new Map<string, OpenTransaction>();
  /** Markers of a decided transaction that are still to be written, by transactional id. */
  readonly #ending = new Map<string, number>();

  constructor({
    clock,
    random,
    sessionTimeoutMs = 6_000,
    transactionTimeoutMs = 10_000,
    fetchEveryMs = 20,
  }: ClusterOptions) {
    this.clock = clock;
    this.random = random;
    this.sessionTimeoutMs = sessionTimeoutMs;
    this.transactionTimeoutMs = transactionTimeoutMs;
    this.fetchEveryMs = fetchEveryMs;
  }

  createTopic({ name, partitions }: Pick<TopicSettings, 'name' | 'partitions'>): void {
    if (this.#topics.has(name)) return;
    this.#topics.set(
      name,
      Array.from({ length: partitions }, (_, partition) => new SimulatedPartition(name, partition)),
    );
  }

  /** New partitions, empty, behind those that are there. */
  growTopic({ name, partitions }: Pick<TopicSettings, 'name' | 'partitions'>): void {
    const known = this.partitions(name);
    const added = Array.from({ length: Math.max(0, partitions - known.length) }, (_, i) => known.length + i);
    this.#topics.set(name, [...known, ...added.map((partition) => new SimulatedPartition(name, partition))]);
  }

  get topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  partitions(topic: string): readonly SimulatedPartition[] {
    const found = this.#topics.get(topic);
    if (found === undefined)
      throw new DynoError(
        'DYNO_LOG_TOPIC_UNKNOWN',
        `topic ${topic} does not exist in the simulated log; create it first`,
      );
    return found;
  }

  partition({ topic, partition }: TopicPartition): SimulatedPartition {
    return this.partitions(topic)[partition]!;
  }

  /**
   * A new owner of the id: the one before is fenced, its open transaction aborted. Undefined while a transaction of
   * that id is still being ended: the new owner asks again, as Kafka's CONCURRENT_TRANSACTIONS tells it to.
   */
  initProducer(transactionalId: string): number | undefined {
    const epoch = this.#raiseEpoch(transactionalId);
    this.endTransaction(transactionalId, 'aborted');
    return this.isEnding(transactionalId) ? undefined : epoch;
  }

  checkEpoch(transactionalId: string, epoch: number): void {
    if (this.#epochs.get(transactionalId) === epoch) return;
    throw new DynoError('DYNO_LOG_FENCED', `${transactionalId} has a newer owner than epoch ${epoch}; stop writing`);
  }

  isEnding(transactionalId: string): boolean {
    return this.#ending.has(transactionalId);
  }

  openTransaction(transactionalId: string): OpenTransaction {
    let open = this.#open.get(transactionalId);
    if (open === undefined) {
      const started: OpenTransaction = { outcome: 'open', partitions: new Set(), offsets: new Map() };
      open = started;
      this.#open.set(transactionalId, started);
      this.clock.after(this.transactionTimeoutMs, () => {
        if (this.#open.get(transactionalId) !== started) return;
        // The broker raises the epoch of an id whose transaction it aborts: the silent owner is fenced.
        this.#raiseEpoch(transactionalId);
        this.endTransaction(transactionalId, 'aborted');
      });
    }
    return open;
  }

  /** The decision is made at once and for good; partitions and offsets learn of it one by one. */
  endTransaction(transactionalId: string, outcome: 'committed' | 'aborted'): void {
    const open = this.#open.get(transactionalId);
    if (open === undefined) return;
    this.#open.delete(transactionalId);
    open.outcome = outcome;
    const toWrite = [...open.partitions].map((partition) => () => partition.appendMarker(this.clock.nowMs(), open));
    if (outcome === 'committed' && open.offsets.size > 0)
      toWrite.push(() => {
        for (const [key, offset] of open.offsets) this.#offsets.set(key, offset);
      });
    if (toWrite.length > 0) this.#writeMarkers(transactionalId, toWrite);
  }

  commitOffset(group: string, offset: GroupOffset): void {
    this.#offsets.set(offsetKey(group, offset), offset);
  }

  committedOffset(group: string, partition: TopicPartition): GroupOffset | undefined {
    return this.#offsets.get(offsetKey(group, partition));
  }

  #raiseEpoch(transactionalId: string): number {
    const epoch = (this.#epochs.get(transactionalId) ?? -1) + 1;
    this.#epochs.set(transactionalId, epoch);
    return epoch;
  }

  #writeMarkers(transactionalId: string, toWrite: readonly (() => void)[]): void {
    if (this.markerDelayMsMax === 0) {
      for (const write of toWrite) write();
      return;
    }
    this.#ending.set(transactionalId, (this.#ending.get(transactionalId) ?? 0) + toWrite.length);
    for (const write of toWrite)
      this.clock.after(this.random.between(0, this.markerDelayMsMax), () => {
        write();
        const left = this.#ending.get(transactionalId)! - 1;
        if (left === 0) this.#ending.delete(transactionalId);
        else this.#ending.set(transactionalId, left);
      });
  }
}

export const offsetKey = (group: string, { topic, partition }: TopicPartition): string =>
  `${group} ${topic}/${partition}`;
