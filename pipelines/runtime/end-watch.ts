import { type Clock, delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../log/port.ts';
import type { Task } from './task.ts';

/** How often the log is asked where its topics end. */
const askEveryMs = 5_000;
/** No answer for this long is an outage, not a hiccup. */
const outageMs = 10_000;
/** Fewer records than this are read within a second: no lag worth a word. */
const recordsMin = 1_000;

export interface EndWatchOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly topics: readonly string[];
  readonly tasks: () => Iterable<Task>;
}

/**
 * Asks the log itself how far a stage is behind. What fetches say is not enough: while the log is away nothing is fetched,
 * and a stage that gets nothing would look as if it had read everything.
 */
export class EndWatch {
  readonly #options: EndWatchOptions;
  readonly #stopped = new AbortController();
  #answeredAtMs: number;
  #says = '';
  #nearLoss: string | undefined;
  #running: Promise<void>;

  constructor(options: EndWatchOptions) {
    this.#options = options;
    this.#answeredAtMs = options.clock.monotonicMs();
    this.#running = this.#watch();
  }

  /** A sentence while the log does not answer. */
  outage(): string | undefined {
    const silentMs = this.#options.clock.monotonicMs() - this.#answeredAtMs;
    return silentMs < outageMs
      ? undefined
      : `the log has not answered for ${Math.round(silentMs / 1_000)} s${this.#says}`;
  }

  /** A sentence while a task is behind by more than half of what the log keeps of an input: soon records would be lost. */
  nearLoss(): string | undefined {
    return this.#nearLoss;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.race([this.#running, delay(this.#options.clock, 200)]);
  }

  async #watch(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopped.signal.aborted) {
      await delay(clock, askEveryMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      try {
        await this.#ask();
        this.#answeredAtMs = clock.monotonicMs();
      } catch (error) {
        this.#says = `: ${messageOf(error)}`;
      }
    }
  }

  async #ask(): Promise<void> {
    let nearLoss: string | undefined;
    for (const topic of this.#options.topics) {
      const { startOffsets, endOffsets } = await this.#options.log.topicState(topic);
      for (const task of this.#options.tasks()) {
        for (const input of task.inputs) {
          if (input.topic !== topic) continue;
          input.end = Math.max(input.end, endOffsets[input.partition] ?? 0);
          const behind = input.end - input.expected;
          const kept = input.end - (startOffsets[input.partition] ?? 0);
          if (behind > recordsMin && behind > kept / 2)
            nearLoss = `${task.name} is ${behind} records behind on ${topic}/${input.partition}, of which the log keeps ${kept}`;
        }
      }
    }
    this.#nearLoss = nearLoss;
  }
}
