import { DynoError } from '../../base/errors.ts';
import type { Weights } from '../../schemas/weight-state.ts';
import type { BalancerDriver, DriverLimits, PoolServer, PoolState } from './driver.ts';

export interface SimulatedBalancerOptions {
  /** What its configuration file says. */
  readonly weights: Weights;
  readonly limits?: Partial<DriverLimits>;
  /** Waits so long before each answer, however the world's time passes. */
  readonly answerAfter?: () => Promise<void>;
}

/** What befalls one call; a lost answer is one to a write that was done. */
export type SimulatedFault = 'refused' | 'answer_lost' | 'half_written';

/** A load balancer in memory, for the simulator and for tests: it reloads, refuses, and loses answers when told to. */
export class SimulatedBalancer implements BalancerDriver {
  readonly kind = 'simulated';
  /** As a driver has one that reads a file. */
  doubt: string | undefined;
  readonly limits: DriverLimits;
  readonly #options: SimulatedBalancerOptions;
  #servers: Map<string, PoolServer>;
  /** Of the next calls, one each; `undefined` = that call goes well. */
  readonly faults: (SimulatedFault | undefined)[] = [];
  /** Told of every state that really came to stand. */
  onChange: (weights: Weights) => void = () => {};

  constructor(options: SimulatedBalancerOptions) {
    this.#options = options;
    this.limits = {
      modes: ['steady', 'test', 'revert', 'freeze'],
      weightMin: 0,
      weightMax: 256,
      changeEveryMs: 0,
      ...options.limits,
    };
    this.#servers = configured(options.weights);
  }

  get weights(): Weights {
    return new Map([...this.#servers].map(([server, { weight }]) => [server, weight]));
  }

  /** Back to the configuration file, as a reload does without a word. */
  reload(): void {
    this.#servers = configured(this.#options.weights);
  }

  /** What somebody does by hand. */
  setByHand(server: string, weight: number): void {
    this.#set(server, { weight });
  }

  setHealthy(server: string, healthy: boolean): void {
    this.#set(server, { healthy });
  }

  async read(): Promise<PoolState> {
    await this.#options.answerAfter?.();
    if (this.faults.shift() !== undefined) throw silent('read');
    return new Map(this.#servers);
  }

  async write(weights: Weights): Promise<void> {
    await this.#options.answerAfter?.();
    const fault = this.faults.shift();
    if (fault === 'refused') throw silent('written');
    const all = [...weights];
    const written = fault === 'half_written' ? all.slice(0, Math.ceil(all.length / 2)) : all;
    for (const [server, weight] of written) this.#set(server, { weight });
    this.onChange(this.weights);
    if (fault !== undefined) throw silent('written');
  }

  async close(): Promise<void> {}

  #set(server: string, change: Partial<PoolServer>): void {
    const known = this.#servers.get(server);
    if (known !== undefined) this.#servers.set(server, { ...known, ...change });
  }
}

const configured = (weights: Weights): Map<string, PoolServer> =>
  new Map([...weights].map(([server, weight]) => [server, { weight, configuredWeight: weight, healthy: true }]));

const silent = (done: string): DynoError =>
  new DynoError('DYNO_BALANCER_UNREACHABLE', `the simulated balancer did not say that it was ${done}`, {
    retryable: true,
  });
