import { type Clock, delay } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import type { ProduceRecord, Producer } from '../../log/port.ts';

export interface SendLaneOptions {
  readonly producer: () => Promise<Producer>;
  readonly clock: Clock;
  /** An acknowledgement that takes longer is given up. */
  readonly sendTimeoutMs: number;
}

/**
 * One send at a time through one producer. After a failure or a timeout the producer is thrown away, since nobody can
 * tell what it still does with the records: an idempotent producer may take the next send for a repeat of the failed one
 * and acknowledge it without writing it. Hence a retry may duplicate, and never loses.
 */
export class SendLane {
  readonly #options: SendLaneOptions;
  #producer: Promise<Producer> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(options: SendLaneOptions) {
    this.#options = options;
  }

  /** Rejects at once when the send fails; the next send waits until the producer that failed is closed or given up. */
  send(records: readonly ProduceRecord[]): Promise<void> {
    const sent = this.#last.then(() => this.#inTime(() => this.#throughProducer(records)));
    this.#last = sent.catch(() => this.#discard());
    return sent;
  }

  /** Gives up what is under way; takes at most `withinMs`, so that a stop is quick even when the log hangs. */
  async close(withinMs = 1_000): Promise<void> {
    this.#closing.abort();
    await this.#discard(withinMs);
  }

  async #throughProducer(records: readonly ProduceRecord[]): Promise<void> {
    this.#producer ??= this.#options.producer();
    const producer = await this.#producer;
    await producer.send(records);
  }

  async #discard(withinMs = this.#options.sendTimeoutMs): Promise<void> {
    const opened = this.#producer;
    this.#producer = undefined;
    if (opened === undefined) return;
    // Closing may wait for the very send that hangs, or for an opening that never ends; both go on by themselves then.
    const closed = opened.then((producer) => producer.close()).catch(() => {});
    const timeUp = new AbortController();
    await Promise.race([closed, delay(this.#options.clock, withinMs, timeUp.signal)]);
    timeUp.abort();
  }

  /** The work, or a rejection once it takes too long or the lane is closed; nothing is begun on a closed lane. */
  async #inTime(begin: () => Promise<void>): Promise<void> {
    const { clock, sendTimeoutMs } = this.#options;
    if (this.#closing.signal.aborted) throw timedOut(0);
    const work = begin();
    // Whichever loses the race must not become an unhandled rejection.
    work.catch(() => {});
    const done = new AbortController();
    const tooLate = delay(clock, sendTimeoutMs, AbortSignal.any([this.#closing.signal, done.signal])).then(() => {
      throw timedOut(sendTimeoutMs);
    });
    tooLate.catch(() => {});
    try {
      await Promise.race([work, tooLate]);
    } finally {
      done.abort();
    }
  }
}

const timedOut = (sendTimeoutMs: number): DynoError =>
  new DynoError(
    'DYNO_AGENT_SEND_TIMEOUT',
    `the log did not acknowledge records within ${sendTimeoutMs} ms; they go to the spool and are sent again: ` +
      'check that the brokers of KAFKA_BROKERS are reachable',
    { retryable: true, details: { sendTimeoutMs } },
  );
