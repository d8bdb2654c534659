import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log, RecordBatch, Subscription, TopicPartition } from '../../log/port.ts';
import { untilItWorks } from './backoff.ts';

/** How far a broadcast input may lag before tasks stop taking batches (design: 20 s). */
const lagMsMax = 20_000;
const lagCheckMs = 5_000;
const readyLookMs = 20;

export interface BroadcastOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** A group of its own: its assigner gives every member every partition, and nothing is ever committed. */
  readonly group: string;
  readonly topics: readonly string[];
  /** A rejection (an outage) is tried again with the same batch. */
  readonly onBatch: (batch: RecordBatch) => Promise<void>;
}

export interface Broadcast {
  /** Resolves when everything that was in the topics has been read and the reading does not lag. */
  ready(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const lines = logLines('pipelines');

/** Follows topics that every task needs whole, such as topology: read to their end first, then kept up with. */
export async function followBroadcast(options: BroadcastOptions): Promise<Broadcast> {
  const following = new FollowedBroadcast(options);
  await following.start();
  return following;
}

class FollowedBroadcast implements Broadcast {
  readonly #options: BroadcastOptions;
  readonly #positions = new Map<string, number>();
  readonly #stopped = new AbortController();
  /** Ends of the partitions as last looked at. */
  #ends = new Map<string, number>();
  #behindSinceMs: number | undefined;
  #everReady = false;
  #subscription: Subscription | undefined;
  #watching: Promise<void> = Promise.resolve();
  /** Ends with the next assignment. */
  #assignment = new AbortController();
  /** Batches one after another, also across a rebalance: an older one that was waiting must not undo a newer one. */
  #working: Promise<void> = Promise.resolve();

  constructor(options: BroadcastOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { log, group, topics } = this.#options;
    await this.#lookAtEnds();
    let early: readonly TopicPartition[] | undefined;
    this.#subscription = await log.subscribe(
      { group, topics, assignment: 'broadcast' },
      {
        onAssigned: (assigned) => {
          if (this.#subscription === undefined) early = assigned;
          else void this.#readOn(assigned);
        },
        onBatch: (batch) => this.#take(batch),
        onDead: (error) =>
          lines.error({ event: 'broadcast_dead', group, error: messageOf(error) }, 'A broadcast input ended.'),
      },
    );
    if (early !== undefined) await this.#readOn(early);
    this.#watching = this.#watch();
  }

  ready = async (signal: AbortSignal): Promise<void> => {
    const { clock } = this.#options;
    while (!signal.aborted && !this.#stopped.signal.aborted) {
      if (this.#caughtUp()) this.#everReady = true;
      const lagMs =
        this.#behindSinceMs === undefined || this.#caughtUp() ? 0 : clock.monotonicMs() - this.#behindSinceMs;
      if (this.#everReady && lagMs <= lagMsMax) return;
      await delay(clock, readyLookMs, signal);
    }
  };

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
    await this.#subscription?.stop();
  }

  #caughtUp(): boolean {
    return this.#ends.size > 0 && [...this.#ends].every(([key, end]) => (this.#positions.get(key) ?? 0) >= end);
  }

  async #lookAtEnds(): Promise<void> {
    const ends = new Map<string, number>();
    for (const topic of this.#options.topics) {
      const { startOffsets, endOffsets } = await this.#options.log.topicState(topic);
      // A partition that holds nothing (any more) delivers nothing: it is read to its end by definition.
      for (const [partition, end] of endOffsets.entries())
        ends.set(`${topic}/${partition}`, end > (startOffsets[partition] ?? 0) ? end : 0);
    }
    this.#ends = ends;
    this.#behindSinceMs = this.#caughtUp() ? undefined : (this.#behindSinceMs ?? this.#options.clock.monotonicMs());
  }

  async #readOn(assigned: readonly TopicPartition[]): Promise<void> {
    const { clock, log } = this.#options;
    this.#assignment.abort();
    this.#assignment = new AbortController();
    const signal = AbortSignal.any([this.#assignment.signal, this.#stopped.signal]);
    await untilItWorks(
      async () => {
        for (const partition of assigned) {
          const start = (await log.topicState(partition.topic)).startOffsets[partition.partition] ?? 0;
          if (signal.aborted) return;
          this.#subscription?.seek(partition, Math.max(start, this.#positions.get(keyOf(partition)) ?? 0));
          this.#subscription?.resume([partition]);
        }
      },
      { clock, signal, onFailure: (error) => this.#says(error) },
    );
  }

  #take(batch: RecordBatch): Promise<void> {
    const signal = AbortSignal.any([this.#assignment.signal, this.#stopped.signal]);
    this.#working = this.#working.then(() => this.#takeNow(batch, signal));
    return this.#working;
  }

  async #takeNow(batch: RecordBatch, signal: AbortSignal): Promise<void> {
    const { clock, onBatch } = this.#options;
    const taken = await untilItWorks(() => onBatch(batch).then(() => true), {
      clock,
      signal,
      onFailure: (error) => this.#says(error),
    });
    if (taken) this.#positions.set(keyOf(batch), batch.nextOffset);
  }

  async #watch(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await delay(this.#options.clock, lagCheckMs, this.#stopped.signal);
      await this.#lookAtEnds().catch(() => {});
    }
  }

  #says(error: unknown): void {
    lines.warn(
      { event: 'broadcast_waits', group: this.#options.group, error: messageOf(error) },
      'A broadcast input waits.',
    );
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
