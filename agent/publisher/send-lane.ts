import type { Clock } from '../../base/clock.ts';
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

  constructor(options: SendLaneOptions) {
    this.#options = options;
  }

  /** Rejects at once when the send fails; the next send waits until the producer that failed is closed or given up. */
  send(records: readonly ProduceRecord[]): Promise<void> {
    const sent = this.#last.then(() => this.#inTime(this.#throughProducer(records)));
    this.#last = sent.catch(() => this.#discard());
    return sent;
  }

  async close(): Promise<void> {
    await this.#discard();
  }

  async #throughProducer(records: readonly ProduceRecord[]): Promise<void> {
    this.#producer ??= this.#options.producer();
    const producer = await this.#producer;
    await producer.send(records);
  }

  async #discard(): Promise<void> {
    const opened = this.#producer;
    this.#producer = undefined;
    if (opened === undefined) return;
    // Closing may wait for the very send that hangs, or for an opening that never ends; both go on by themselves then.
    await this.#inTime(opened.then((producer) => producer.close())).catch(() => {});
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const { clock, sendTimeoutMs } = this.#options;
    let cancel = () => {};
    const tooLate = new Promise<never>((_, reject) => {
      cancel = clock.after(sendTimeoutMs, () => reject(timedOut(sendTimeoutMs)));
    });
    try {
      return await Promise.race([work, tooLate]);
    } finally {
      cancel();
      // Whichever lost the race must not become an unhandled rejection.
      work.catch(() => {});
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
