import { type Clock, delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { WeightApplied } from '../../schemas/weight-records.ts';

/** The way of reports into the log. */
export interface AppliedSender {
  /** In order; rejects when it cannot tell whether they arrived. */
  send(reports: readonly WeightApplied[]): Promise<void>;
  close(): Promise<void>;
}

export interface AppliedPublisherOptions {
  readonly clock: Clock;
  /** Most reports that wait; the oldest go first. Default 1,000: more than two hours of a quiet adapter. */
  readonly waitingMax?: number;
}

const sendMax = 100;
const pauseMs = 1_000;
const toldEveryMs = 60_000;
/** How soon a waiting flush and a publisher at rest look again. */
const lookEveryMs = 20;

const lines = logLines('cli');

/**
 * Brings an adapter's reports into the log, one after another and at least once: a report whose answer was lost may
 * stand there twice. Taking one never waits and never fails, whatever becomes of the log.
 */
export class AppliedPublisher {
  readonly #clock: Clock;
  readonly #waitingMax: number;
  #waiting: WeightApplied[] = [];
  #sending: readonly WeightApplied[] = [];
  #dropped = 0;
  #wake: () => void = () => {};
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor({ clock, waitingMax = 1_000 }: AppliedPublisherOptions) {
    this.#clock = clock;
    this.#waitingMax = waitingMax;
  }

  /** Reports that were given up because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  take(report: WeightApplied): void {
    this.#waiting.push(report);
    this.#trim();
    this.#wake();
  }

  /** Sends what waits and what comes until the signal; opens a new sender after every failure. Never rejects. */
  async run(open: () => Promise<AppliedSender>, signal: AbortSignal): Promise<void> {
    let sender: AppliedSender | undefined;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      if (this.#waiting.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      this.#sending = this.#waiting.splice(0, sendMax);
      try {
        sender ??= await open();
        await sender.send(this.#sending);
        this.#sending = [];
      } catch (error) {
        this.#waiting.unshift(...this.#sending);
        this.#sending = [];
        this.#trim();
        this.#tell(error);
        await sender?.close().catch(() => {});
        sender = undefined;
        await delay(this.#clock, pauseMs, signal);
      }
    }
    await sender?.close().catch(() => {});
  }

  /** Resolves when nothing waits any more or the time is over. */
  async flush(withinMs: number): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + withinMs;
    while (this.#waiting.length + this.#sending.length > 0 && this.#clock.monotonicMs() < untilMs)
      await delay(this.#clock, lookEveryMs);
  }

  #trim(): void {
    const over = this.#waiting.length - this.#waitingMax;
    if (over <= 0) return;
    this.#waiting.splice(0, over);
    this.#dropped += over;
  }

  #tell(error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#toldMs < toldEveryMs) return;
    this.#toldMs = nowMs;
    const facts = { event: 'reports_wait', waiting: this.#waiting.length, dropped: this.#dropped };
    lines.warn({ ...facts, error: messageOf(error), runbook: 'DYNO_LOG_UNAVAILABLE' }, 'Reports of weights wait.');
  }
}
