import type { Weights } from '../../../schemas/weight-state.ts';
import type { BalancerDriver, DriverLimits, PoolState } from '../driver.ts';

/** What one adapter did to its balancer. */
export interface DriverWrite {
  readonly wanted: Weights;
}

const never = new Promise<never>(() => {});

/** The way of one process to a balancer; cut when the process is killed: what it asked is not answered any more. */
export class CutDriver implements BalancerDriver {
  readonly kind: string;
  readonly limits: DriverLimits;
  readonly writes: DriverWrite[] = [];
  cut = false;
  /** The process is killed when its next write has been done. */
  cutAfterWrite = false;
  readonly #driver: BalancerDriver;
  readonly #onWrite: (wanted: Weights) => void;

  /** `onWrite` is told of every write before it is done. */
  constructor(driver: BalancerDriver, onWrite: (wanted: Weights) => void = () => {}) {
    this.#driver = driver;
    this.#onWrite = onWrite;
    this.kind = driver.kind;
    this.limits = driver.limits;
  }

  get doubt(): string | undefined {
    return this.#driver.doubt;
  }

  async read(): Promise<PoolState> {
    if (this.cut) return never;
    return this.#driver.read();
  }

  async write(weights: Weights, version: string): Promise<void> {
    if (this.cut) return never;
    this.writes.push({ wanted: weights });
    this.#onWrite(weights);
    const done = this.#driver.write(weights, version);
    if (!this.cutAfterWrite) return done;
    this.cut = true;
    await done.catch(() => {});
    return never;
  }

  async close(): Promise<void> {}
}
