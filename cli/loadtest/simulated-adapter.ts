import type { WeightApplied, WeightCommand } from '../../schemas/weight-records.ts';
import type { Weights } from '../../schemas/weight-state.ts';
import { WeightAdapter } from '../../sinks/loadbalancer/adapter.ts';
import { memoryDisk } from '../../sinks/loadbalancer/adapter-disk.ts';
import { defaultRails } from '../../sinks/loadbalancer/rails.ts';
import { SimulatedBalancer } from '../../sinks/loadbalancer/simulated.ts';

const tickMs = 200;

export interface SimulatedAdapterOptions {
  readonly tier: string;
  readonly pool: string;
  readonly weights: Weights;
  /** End of the second that passes. */
  readonly nowMs: () => number;
}

/** The adapter that production runs, beside a balancer in memory, one second at a time; its process can be dead. */
export class SimulatedAdapter {
  readonly balancer: SimulatedBalancer;
  isDead = false;
  killFile = false;
  readonly #options: SimulatedAdapterOptions;
  /** Survives the process. */
  readonly #disk = memoryDisk();
  #adapter: WeightAdapter;
  #wasDead = false;
  #reports: WeightApplied[] = [];
  #offsetMs = 0;

  constructor(options: SimulatedAdapterOptions) {
    this.#options = options;
    this.balancer = new SimulatedBalancer({ weights: options.weights });
    this.#adapter = this.#newAdapter();
  }

  start(): Promise<void> {
    return this.#adapter.start();
  }

  /** A second passes; `heard`: the log told the state of the kill switch in it. */
  async second({ engaged, heard }: { readonly engaged: boolean; readonly heard: boolean }): Promise<void> {
    if (this.isDead) {
      this.#wasDead = true;
      return;
    }
    if (this.#wasDead) {
      this.#wasDead = false;
      this.#adapter = this.#newAdapter();
      await this.#adapter.start();
    }
    for (let leftMs = 1_000 - tickMs; leftMs >= 0; leftMs -= tickMs) {
      this.#offsetMs = -leftMs;
      if (heard) await this.#adapter.onKillSwitch({ engaged, atMs: this.#nowMs() });
      await this.#adapter.tick();
    }
  }

  async command(command: WeightCommand, ageMs: number): Promise<void> {
    if (!this.isDead) await this.#adapter.onCommand(command, ageMs);
  }

  /** What it said since the last call. */
  takeReports(): WeightApplied[] {
    return this.#reports.splice(0);
  }

  #nowMs(): number {
    return this.#options.nowMs() + this.#offsetMs;
  }

  #newAdapter(): WeightAdapter {
    const { tier, pool } = this.#options;
    return new WeightAdapter({
      name: 'simulated-1',
      tier,
      pool,
      driver: this.balancer,
      disk: this.#disk,
      clock: { nowMs: () => this.#nowMs(), monotonicMs: () => this.#nowMs() },
      rails: defaultRails,
      firstSafeWeights: undefined,
      killFileExists: () => this.killFile,
      report: (applied) => this.#reports.push(applied),
    });
  }
}
