import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import { compact } from './compaction.ts';
import type { Disk } from './disk.ts';
import type { Retention } from './retention.ts';
import type { Tail } from './tail.ts';
import { compacts, type Partition, type Topics } from './topics.ts';

const lines = logLines('log');

const restMs = 1_000;
/** Between two steps of a longer piece of work, so that it takes a small part of the time only. */
const pauseMs = 10;
/** A compacted partition is worth a pass after so many new records. */
const dirtyCountMin = 2_000;

export interface UpkeepOptions {
  readonly disk: Disk;
  readonly topics: Topics;
  readonly tail: Tail;
  readonly clock: Clock;
  readonly retention: Retention;
  /** The longest a deletion stays visible in a compacted topic, whatever the topic's own settings say. */
  readonly tombstoneMs: number;
}

/** What the log does beside its callers' calls: flush, retention, compaction; in steps of a few milliseconds. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #cancel: () => void = () => {};
  #pass: Generator<void, void, void> | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #stopped = false;
  #failing = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#later(restMs);
  }

  /** Runs everything that is due, to its end. */
  runNow(): void {
    while (this.#step());
  }

  /** Compacts every partition of the topic before it returns. */
  compactNow(partitions: readonly Partition[]): void {
    for (const partition of partitions) for (const _ of this.#compaction(partition));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#flushing;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(delayMs, () => this.#turn());
  }

  #turn(): void {
    let more = false;
    try {
      more = this.#step();
      if (!more) this.#flush();
      this.#failing = false;
    } catch (error) {
      this.#failed(error);
    }
    this.#later(more ? pauseMs : restMs);
  }

  /** One small piece of work; true when there is more. */
  #step(): boolean {
    const { retention, clock } = this.#options;
    if (this.#pass !== undefined) {
      if (this.#pass.next().done === true) this.#pass = undefined;
      return true;
    }
    if (retention.step(clock.nowMs())) return true;
    const dirty = this.#options.topics
      .all()
      .filter((topic) => compacts(topic.settings.cleanup))
      .flatMap((topic) => topic.partitions)
      .find((partition) => partition.dirtyCount >= dirtyCountMin);
    if (dirty === undefined) return false;
    this.#pass = this.#compaction(dirty);
    return true;
  }

  #compaction(partition: Partition): Generator<void, void, void> {
    const { disk, tail, clock, tombstoneMs } = this.#options;
    const keptMs = Math.min(tombstoneMs, partition.topic.settings.retentionMs);
    return compact({ disk, tail, partition, tombstoneMs: keptMs, nowMs: () => clock.nowMs() });
  }

  #flush(): void {
    this.#flushing = this.#flushing.then(() => this.#options.disk.flush()).catch((error) => this.#failed(error));
  }

  /** Said once per outage: the work is tried again every second. */
  #failed(error: unknown): void {
    this.#pass = undefined;
    if (this.#failing) return;
    this.#failing = true;
    lines.warn(
      { event: 'log_upkeep_failed', error: messageOf(error), runbook: 'docs/runbook/DYNO_LOG_DISK_FULL.md' },
      'The embedded log could not trim, compact or flush; it goes on trying.',
    );
  }
}
