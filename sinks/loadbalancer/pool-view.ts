import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Weights } from '../../schemas/weight-state.ts';
import { type BalancerDriver, type PoolState, weightsOfState } from './driver.ts';

const lines = logLines('sinks');

/** A balancer's pool as an adapter sees it: what was read last, and when it was last written. Nothing here throws. */
export class PoolView {
  readonly #driver: BalancerDriver;
  readonly #monotonicMs: () => number;
  #state: PoolState | undefined;
  #lastKnown: Weights | undefined;
  #lastWriteMs: number | undefined;
  #trouble = 'it was not asked yet';

  constructor(driver: BalancerDriver, monotonicMs: () => number) {
    this.#driver = driver;
    this.#monotonicMs = monotonicMs;
  }

  /** As last read; undefined = the balancer did not answer. */
  get state(): PoolState | undefined {
    return this.#state;
  }

  get weights(): Weights | undefined {
    return this.#state && weightsOfState(this.#state);
  }

  /** As they were when the balancer last answered; undefined = it never did. */
  get lastKnown(): Weights | undefined {
    return this.#lastKnown;
  }

  /** Why the last read that failed did, a sentence. */
  get trouble(): string {
    return this.#trouble;
  }

  get lastWriteMs(): number | undefined {
    return this.#lastWriteMs;
  }

  async read(): Promise<PoolState | undefined> {
    try {
      this.#state = await this.#driver.read();
      this.#lastKnown = weightsOfState(this.#state);
    } catch (error) {
      this.#state = undefined;
      this.#trouble = messageOf(error);
    }
    return this.#state;
  }

  /** A failed write proves nothing, so what counts is the read-back; undefined = it did not come. */
  async writeAndReadBack(weights: Weights, version: string): Promise<Weights | undefined> {
    this.#lastWriteMs = this.#monotonicMs();
    await this.#driver.write(weights, version).catch((error: unknown) => {
      lines.warn({ event: 'weights_unwritten', error: messageOf(error) }, 'Weights may not have been written.');
    });
    await this.read();
    return this.weights;
  }
}
