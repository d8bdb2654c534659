import type { CapacityRecord, TierScalability } from '../../schemas/load-test-records.ts';
import type { LoadLevelsState } from '../capacity/load-levels.ts';
import { naturalCapacity } from '../capacity/natural-capacity.ts';
import { NaturalLoad } from '../capacity/natural-load.ts';
import { TierLoad } from '../capacity/tier-load.ts';
import type { ScalabilityFit } from '../capacity/universal-scalability.ts';
import { limits } from './limits.ts';
import { figuresOf } from './load-test-record.ts';
import { isPlausible } from './panel-evidence.ts';
import type { HostSecond } from './tier-events.ts';

/** Outcome of a capacity that no test found: whoever relies on results asks for `found`. */
export const naturalOutcome = 'natural';

/** Each kind of host is looked at so often, in event time. */
const everyMs = 600_000;
/** A build of which no host was there for so long is gone, and what is known of it. */
const goneAfterMs = 3_600_000;
/** Kinds (generation, build) of one tier. One more takes the place of one that is not there any more, or is left out. */
const kindsMax = 16;
const silentMs = 60_000;

interface Kind {
  readonly generation: string;
  readonly build: string;
  readonly load: NaturalLoad;
  /** Logical CPUs of its hosts. */
  servers: number;
  newestMs: number;
  nextMs: number;
}

interface KeptKind {
  readonly generation: string;
  readonly build: string;
  readonly servers: number;
  readonly newestMs: number;
  readonly load: LoadLevelsState;
}

/** What must not be lost with a restart: plain values, at most 16 kinds of 32 levels of 8 sums. */
export interface NaturalTierState {
  readonly kinds: readonly KeptKind[];
  readonly tier: LoadLevelsState;
  /** The build that most hosts of the tier had: the law of the tier is of this build. */
  readonly build: string;
}

/** Capacity by the natural traffic of one tier, by kind of host, and the law of the tier as a whole. */
export class NaturalTier {
  readonly #name: string;
  readonly #kinds = new Map<string, Kind>();
  #tier: TierLoad;
  #build: string;
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(name: string, kept: NaturalTierState | undefined) {
    this.#name = name;
    this.#tier = new TierLoad(kept?.tier);
    this.#build = kept?.build ?? '';
    for (const { generation, build, servers, newestMs, load } of kept?.kinds ?? [])
      this.#kinds.set(keyOf({ generation, build }), {
        generation,
        build,
        servers,
        newestMs,
        load: new NaturalLoad(load),
        nextMs: newestMs + everyMs,
      });
  }

  /** All hosts of a complete second; those in `raised` have another load than they would have. */
  take(timeMs: number, seconds: readonly HostSecond[], raised: ReadonlySet<string>): void {
    this.#newestMs = timeMs;
    const natural = seconds.filter(
      (row) => !raised.has(row.host) && row.uptimeS >= limits.uptimeMinS && isPlausible(row),
    );
    this.#takeTier(timeMs, natural);
    const rows = new Map<string, HostSecond[]>();
    for (const row of natural) {
      if (row.generation === '' || !Number.isFinite(row.logicalCpus)) continue;
      const key = keyOf(row);
      const some = rows.get(key);
      if (some === undefined) rows.set(key, [row]);
      else some.push(row);
    }
    for (const [key, some] of rows) this.#kindOf(key, some[0]!, timeMs)?.load.take(timeMs, some);
    for (const [key, { newestMs }] of this.#kinds) if (timeMs - newestMs > goneAfterMs) this.#kinds.delete(key);
  }

  /** When `due` has something to do, event time; undefined while there is no kind. */
  get dueMs(): number | undefined {
    return this.#nextKind()?.nextMs;
  }

  /** Looks at the kind whose turn it is. One kind a call: an estimate takes up to about 0.1 s. */
  due(): CapacityRecord | undefined {
    const kind = this.#nextKind();
    if (kind === undefined || kind.nextMs > this.#newestMs) return undefined;
    kind.nextMs = this.#newestMs + everyMs;
    const { generation, build, load, servers } = kind;
    const estimate = naturalCapacity({ dwells: load.dwells(), servers });
    if (estimate === undefined) return undefined;
    const head = { timeMs: this.#newestMs, tier: this.#name, generation, build, runId: '', outcome: naturalOutcome };
    const fit = this.#tier.fit();
    const scalability = fit && scalabilityRecordOf(fit, this.#tier.hosts);
    return { ...head, ...figuresOf(estimate, servers), scalability };
  }

  state(): NaturalTierState {
    const kinds = [...this.#kinds.values()].map(({ generation, build, servers, newestMs, load }) => ({
      generation,
      build,
      servers,
      newestMs,
      load: load.state(),
    }));
    return { kinds, tier: this.#tier.state(), build: this.#build };
  }

  /** A tier is of the build that most of its hosts have: when that changes, what was known is of another tier. */
  #takeTier(timeMs: number, natural: readonly HostSecond[]): void {
    const counts = new Map<string, number>();
    for (const { build } of natural) counts.set(build, (counts.get(build) ?? 0) + 1);
    for (const [build, count] of counts) {
      if (build === this.#build || 2 * count <= natural.length) continue;
      this.#build = build;
      this.#tier = new TierLoad();
    }
    this.#tier.take(timeMs, natural);
  }

  #kindOf(key: string, { generation, build, logicalCpus }: HostSecond, timeMs: number): Kind | undefined {
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      if (this.#kinds.size >= kindsMax && !this.#makeRoom(timeMs)) return undefined;
      const load = new NaturalLoad();
      kind = { generation, build, load, servers: logicalCpus, newestMs: timeMs, nextMs: timeMs + everyMs };
      this.#kinds.set(key, kind);
    }
    kind.newestMs = timeMs;
    kind.servers = logicalCpus;
    return kind;
  }

  #makeRoom(timeMs: number): boolean {
    const [oldest] = [...this.#kinds].sort(([, a], [, b]) => a.newestMs - b.newestMs);
    return timeMs - oldest![1].newestMs > silentMs && this.#kinds.delete(oldest![0]);
  }

  #nextKind(): Kind | undefined {
    let next: Kind | undefined;
    for (const kind of this.#kinds.values()) if (next === undefined || kind.nextMs < next.nextMs) next = kind;
    return next;
  }
}

const keyOf = ({ generation, build }: { readonly generation: string; readonly build: string }): string =>
  `${generation}\n${build}`;

function scalabilityRecordOf(fit: ScalabilityFit, hosts: number): TierScalability {
  const { lambda, sigma, kappa, peak, residualSd, degreesOfFreedom, points, highestConcurrency, retrograde } = fit;
  return {
    hosts,
    lambda: lambda.value,
    lambdaSe: lambda.standardError,
    sigma: sigma.value,
    sigmaSe: sigma.standardError,
    kappa: kappa.value,
    kappaSe: kappa.standardError,
    peakConcurrency: peak?.concurrency.value,
    peakConcurrencyLo: peak?.concurrency.lo,
    peakConcurrencyHi: peak?.concurrency.hi,
    peakThroughput: peak?.throughputHitsPerS.value,
    peakThroughputLo: peak?.throughputHitsPerS.lo,
    peakThroughputHi: peak?.throughputHitsPerS.hi,
    limitThroughput: fit.limitHitsPerS,
    highestConcurrency,
    residualSd,
    degreesOfFreedom,
    points,
    retrograde,
  };
}
