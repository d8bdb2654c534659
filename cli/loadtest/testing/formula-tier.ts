import { webTruth } from '../../../simulate/hardware.ts';
import { meanWaitApproxS } from '../../../simulate/queueing.ts';
import { Random } from '../../../simulate/random.ts';
import type { StagedHosts, StagedRow } from './staged-tier.ts';

export interface FormulaTierOptions {
  readonly seed: number;
  readonly startMs: number;
  /** Hosts by generation. */
  readonly generations: Readonly<Record<string, number>>;
  /** Hits/s that the balancer has for each host of the tier. */
  readonly hitsPerHost: number;
}

type Generation = Parameters<typeof webTruth>[0];

const baselineMs = 32;
const errorRatio = 0.001;

/**
 * A tier of several generations behind one balancer that gives each host its weight's share: durations by the formula of
 * the queue with the noise of so many hits. No queue is exact, so no figure of accuracy comes from here.
 */
export class FormulaTier implements StagedHosts {
  readonly startMs: number;
  readonly hosts: readonly string[];
  build = 'b1';
  readonly #options: FormulaTierOptions;
  readonly #generationOf: ReadonlyMap<string, Generation>;
  readonly #random: Random;
  readonly #truths: ReadonlyMap<string, ReturnType<typeof webTruth>>;

  constructor(options: FormulaTierOptions) {
    this.#options = options;
    this.startMs = options.startMs;
    this.#random = new Random(options.seed, 0);
    this.#generationOf = new Map(
      Object.entries(options.generations).flatMap(([generation, count]) =>
        Array.from({ length: count }, (_, i) => [`${generation}-${i + 1}`.toLowerCase(), generation as Generation]),
      ),
    );
    const names = Object.keys(options.generations) as Generation[];
    this.#truths = new Map(names.map((name) => [name, webTruth(name)]));
    this.hosts = [...this.#generationOf.keys()];
  }

  logicalCpusOf = (generation: string): number => this.#truths.get(generation)!.logicalCpus;

  /** Load of a host under these weights. */
  hitsPerS(host: string, weights: ReadonlyMap<string, number>): number {
    const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
    return (this.#options.hitsPerHost * this.hosts.length * weights.get(host)!) / sum;
  }

  next(weights: ReadonlyMap<string, number>): StagedRow[] {
    return this.hosts.map((host) => this.#row(host, this.hitsPerS(host, weights)));
  }

  #row(host: string, arrivalsPerS: number): StagedRow {
    const generation = this.#generationOf.get(host)!;
    const { logicalCpus: servers, serviceS } = this.#truths.get(generation)!;
    const same = { host, generation, build: this.build, p95Ms: undefined };
    // Drained.
    if (arrivalsPerS === 0) return { ...same, hitsPerS: 0, durationMs: undefined, cpuBusyRatio: 0, errorsPerS: 0 };
    const hits = Math.max(1, Math.round(arrivalsPerS + Math.sqrt(arrivalsPerS) * this.#random.normal()));
    const waitS = meanWaitApproxS({
      servers,
      arrivalsPerS: Math.min(arrivalsPerS, (0.999 * servers) / serviceS),
      serviceS,
      cv2: 1,
    });
    const noiseS = ((serviceS + waitS) * this.#random.normal()) / Math.sqrt(hits);
    const busyHits = hits + Math.sqrt(hits) * 0.3 * this.#random.normal();
    return {
      ...same,
      hitsPerS: hits,
      durationMs: baselineMs + 1_000 * Math.max(0, serviceS + waitS + noiseS),
      cpuBusyRatio: Math.min(1, (busyHits * serviceS) / servers),
      errorsPerS: hits * errorRatio,
    };
  }
}
