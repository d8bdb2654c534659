import { SimulatedTier } from '../../../simulate/loadtest/simulated-tier.ts';
import { type WorldGiven, worldOptionsOf } from '../../../simulate/loadtest/world-options.ts';
import type { StagedHosts, StagedRow } from './staged-tier.ts';

/** A tier of one generation whose panel are exact queues, wherever the scheduler puts it. */
export class QueuedTier implements StagedHosts {
  /** Of hosts that are not on the panel. */
  build = 'b1';
  readonly hosts: readonly string[];
  readonly #tier: SimulatedTier;
  readonly #options;
  /** Hosts that are simulated one by one: those that the scheduler chose, as soon as it has. */
  #queued: readonly string[];

  constructor(given: WorldGiven) {
    this.#options = worldOptionsOf(given);
    this.#tier = new SimulatedTier(this.#options);
    this.hosts = Array.from({ length: this.#options.tierHosts }, (_, i) => `h${i + 1}`);
    this.#queued = this.hosts.slice(0, this.#options.panelHosts);
  }

  get startMs(): number {
    return this.#options.startMs;
  }

  logicalCpusOf = (): number => this.#options.logicalCpus;

  panel(hosts: readonly string[]): void {
    this.#queued = hosts;
  }

  next(weights: ReadonlyMap<string, number>): StagedRow[] {
    const { generation } = this.#options;
    const queued = this.#queued;
    const { panel, rest } = this.#tier.next(queued.map((host) => weights.get(host)!));
    const others = this.hosts.filter((host) => !queued.includes(host));
    return [
      ...panel.map((row, at) => ({ ...row, host: queued[at]!, generation, build: 'b1' })),
      ...others.map((host) => ({
        ...{ host, generation, build: this.build },
        hitsPerS: rest.hitsPerS / rest.hosts,
        durationMs: rest.durationMs,
        cpuBusyRatio: rest.cpuBusyRatio,
        errorsPerS: rest.errorsPerS / rest.hosts,
        p95Ms: undefined,
      })),
    ];
  }
}
