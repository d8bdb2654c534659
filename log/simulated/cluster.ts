import { DynoError } from '../../base/errors.ts';
import type { Random } from '../../base/testing/random.ts';
import type { VirtualClock } from '../../base/testing/virtual-clock.ts';
import type { GroupOffset, TopicPartition, TopicSettings } from '../port.ts';
import type { SimulatedTransaction } from './partition.ts';
import { SimulatedPartition } from './partition.ts';

export interface ClusterOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** A member that is not heard of for this long is out of its groups. */
  readonly sessionTimeoutMs?: number;
  /** An open transaction of a silent owner is aborted after this long. */
  readonly transactionTimeoutMs?: number;
}

interface OpenTransaction extends SimulatedTransaction {
  readonly partitions: Set<SimulatedPartition>;
  readonly offsets: Map<string, GroupOffset>;
}

/**
 * A log cluster in memory, on a virtual clock, with chance from a seed: transactions that end by markers, fencing by
 * epoch, offsets, latency. What Kafka does with kafkajs's protocol versions, as far as a stage can notice it: in
 * particular offsets of a transaction are checked against the producer's epoch only, not the group's generation.
 */
export class SimulatedCluster {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly sessionTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  /** While true every call fails, as with a broker that is away. */
  away = false;
  readonly #topics = new Map<string, SimulatedPartition[]>();
  readonly #offsets = new Map<string, GroupOffset>();
  readonly #epochs = new Map<string, number>();
  readonly #open = new Map<string, OpenTransaction>();

  constructor({ clock, random, sessionTimeoutMs = 6_000, transactionTimeoutMs = 10_000 }: ClusterOptions) {
    this.clock = clock;
    this.random = random;
    this.sessionTimeoutMs = sessionTimeoutMs;
    this.transactionTimeoutMs = transactionTimeoutMs;
  }

  createTopic({ name, partitions }: TopicSettings): void {
    if (this.#topics.has(name)) return;
    this.#topics.set(
      name,
      Array.from({ length: partitions }, (_, partition) => new SimulatedPartition(name, partition)),
    );
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

  /** A new owner of the id: the one before is fenced, its open transaction aborted. */
  initProducer(transactionalId: string): number {
    this.endTransaction(transactionalId, 'aborted');
    const epoch = (this.#epochs.get(transactionalId) ?? -1) + 1;
    this.#epochs.set(transactionalId, epoch);
    return epoch;
  }

  checkEpoch(transactionalId: string, epoch: number): void {
    if (this.#epochs.get(transactionalId) === epoch) return;
    throw new DynoError('DYNO_LOG_FENCED', `${transactionalId} has a newer owner than epoch ${epoch}; stop writing`);
  }

  openTransaction(transactionalId: string): OpenTransaction {
    let open = this.#open.get(transactionalId);
    if (open === undefined) {
      const started: OpenTransaction = { outcome: 'open', partitions: new Set(), offsets: new Map() };
      open = started;
      this.#open.set(transactionalId, started);
      this.clock.after(this.transactionTimeoutMs, () => {
        if (this.#open.get(transactionalId) !== started) return;
        this.endTransaction(transactionalId, 'aborted');
        // The broker raises the epoch of an id whose transaction it aborts: the silent owner is fenced.
        this.#epochs.set(transactionalId, (this.#epochs.get(transactionalId) ?? 0) + 1);
      });
    }
    return open;
  }

  endTransaction(transactionalId: string, outcome: 'committed' | 'aborted'): void {
    const open = this.#open.get(transactionalId);
    if (open === undefined) return;
    this.#open.delete(transactionalId);
    open.outcome = outcome;
    for (const partition of open.partitions) partition.appendMarker(this.clock.nowMs());
    if (outcome === 'committed') for (const [key, offset] of open.offsets) this.#offsets.set(key, offset);
  }

  commitOffset(group: string, offset: GroupOffset): void {
    this.#offsets.set(offsetKey(group, offset), offset);
  }

  committedOffset(group: string, partition: TopicPartition): GroupOffset | undefined {
    return this.#offsets.get(offsetKey(group, partition));
  }
}

export const offsetKey = (group: string, { topic, partition }: TopicPartition): string =>
  `${group} ${topic}/${partition}`;
