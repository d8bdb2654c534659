import type { BlockIdentity, TierSecondsBlock } from '../../schemas/blocks.ts';
import type { ScheduledHost } from './planned-test.ts';
import type { HostSecond, RestSecond, TierEvent } from './tier-events.ts';

/** Metrics of tier-seconds that control stands on. */
export const controlMetrics = [
  'requests_per_s',
  'duration_avg_ms',
  'cpu_busy_ratio',
  'errors_per_s',
  'duration_ms_p95',
] as const;

/** A host that was not seen for so long is not one of the tier any more. */
const forgottenAfterMs = 600_000;
/** After a silence longer than this a host may have been started anew. */
const silenceMs = 30_000;
/** A row may be missing for so long before its host counts as silent. */
const staleAfterMs = 5_000;

interface KnownHost {
  identity: BlockIdentity;
  /** Since when it has been seen without a silence, and with this build. */
  sinceMs: number;
  buildSinceMs: number;
  lastMs: number;
  testedMs: number | undefined;
}

interface HostRow {
  readonly known: KnownHost;
  readonly second: HostSecond;
}

/** The hosts of one tier as their complete seconds show them. */
export class TierHosts {
  readonly #hosts = new Map<string, KnownHost>();
  readonly #logicalCpusOf: (host: BlockIdentity) => number | undefined;
  #rows: readonly HostRow[] = [];
  #timeMs = Number.NEGATIVE_INFINITY;
  /** Hosts that came with another build in the newest second. */
  deployed = 0;

  constructor(logicalCpusOf: (host: BlockIdentity) => number | undefined) {
    this.#logicalCpusOf = logicalCpusOf;
  }

  get newestMs(): number {
    return this.#timeMs;
  }

  /** The newest complete second of every host. */
  get seconds(): readonly HostSecond[] {
    return this.#rows.map(({ second }) => second);
  }

  /** All blocks of this tier of one complete second. */
  take(timeMs: number, blocks: readonly TierSecondsBlock[]): void {
    this.#timeMs = timeMs;
    this.deployed = 0;
    this.#rows = blocks.flatMap((block) => this.#rowsOf(block));
    for (const [host, { lastMs }] of this.#hosts) if (timeMs - lastMs > forgottenAfterMs) this.#hosts.delete(host);
  }

  tested(hosts: readonly string[], timeMs: number): void {
    for (const host of hosts) {
      const known = this.#hosts.get(host);
      if (known !== undefined) known.testedMs = timeMs;
    }
  }

  /** The newest second as the controller hears it. */
  second(panel: readonly string[], pool: string, live: boolean): Extract<TierEvent, { readonly kind: 'second' }> {
    const onPanel = new Set(panel);
    const rows = this.#rows.filter(({ second }) => onPanel.has(second.host)).map(({ second }) => second);
    return { kind: 'second', timeMs: this.#timeMs, live, panel: rows, rest: this.#rest(onPanel, pool) };
  }

  scheduled(): ScheduledHost[] {
    return [...this.#hosts].map(([host, { identity, sinceMs, buildSinceMs, lastMs, testedMs }]) => {
      const { tier, pool, server, generation, build } = identity;
      const fresh = this.#timeMs - lastMs <= staleAfterMs;
      const uptimeS = (this.#timeMs - sinceMs) / 1_000;
      // What cannot be turned into a load of its own cannot be tested.
      const healthy = fresh && this.#logicalCpusOf(identity) !== undefined;
      return { host, tier, pool, server, generation, build, buildSinceMs, uptimeS, fresh, healthy, testedMs };
    });
  }

  #rowsOf(block: TierSecondsBlock): HostRow[] {
    const count = block.hosts.length;
    const columns = controlMetrics.map((metric) => block.metrics.indexOf(metric));
    return block.hosts.map((identity, place) => {
      const [hits, durationMs, busyRatio, errors, p95Ms] = columns.map((column) =>
        column < 0 ? Number.NaN : block.values[column * count + place]!,
      ) as [number, number, number, number, number];
      const known = this.#see(identity);
      return {
        known,
        second: {
          host: identity.host,
          timeMs: this.#timeMs,
          hitsPerS: hits,
          durationMs: Number.isFinite(durationMs) ? durationMs : undefined,
          busyRatio,
          // Applications that count no errors leave the value out.
          errorsPerS: Number.isFinite(errors) ? errors : 0,
          p95Ms: Number.isFinite(p95Ms) ? p95Ms : undefined,
          generation: identity.generation,
          build: identity.build,
          logicalCpus: this.#logicalCpusOf(identity) ?? Number.NaN,
          uptimeS: (this.#timeMs - known.sinceMs) / 1_000,
        },
      };
    });
  }

  #see(identity: BlockIdentity): KnownHost {
    const timeMs = this.#timeMs;
    const known = this.#hosts.get(identity.host);
    if (known === undefined) {
      const fresh = { identity, sinceMs: timeMs, buildSinceMs: timeMs, lastMs: timeMs, testedMs: undefined };
      this.#hosts.set(identity.host, fresh);
      return fresh;
    }
    if (timeMs - known.lastMs > silenceMs) known.sinceMs = timeMs;
    if (known.identity.build !== identity.build) {
      [known.sinceMs, known.buildSinceMs] = [timeMs, timeMs];
      this.deployed++;
    }
    known.identity = identity;
    known.lastMs = timeMs;
    return known;
  }

  #rest(panel: ReadonlySet<string>, pool: string): RestSecond {
    const others = this.#rows.filter(({ second }) => !panel.has(second.host) && Number.isFinite(second.hitsPerS));
    const usable = others.filter(({ known }) => known.identity.pool === pool).map(({ second }) => second);
    // Who takes no hits now (drained, stopped) would not take those of a dead panel.
    const serving = usable.filter(({ hitsPerS }) => hitsPerS > 0);
    const timed = usable.filter(({ durationMs }) => durationMs !== undefined);
    const busy = serving.filter(({ busyRatio }) => Number.isFinite(busyRatio));
    const sum = (rows: readonly HostSecond[], value: (row: HostSecond) => number): number =>
      rows.reduce((total, row) => total + value(row), 0);
    const timedHits = sum(timed, ({ hitsPerS }) => hitsPerS);
    const silent = [...this.#hosts.values()].filter(({ lastMs }) => this.#timeMs - lastMs > staleAfterMs);
    const known = [...this.#hosts.keys()].filter((host) => !panel.has(host)).length;
    return {
      hosts: known,
      healthyHosts: healthyOf(others.map(({ second }) => second)),
      poolHosts: serving.length,
      staleHosts: silent.length,
      hitsPerS: sum(usable, ({ hitsPerS }) => hitsPerS),
      durationMs:
        timedHits === 0 ? undefined : sum(timed, ({ hitsPerS, durationMs }) => hitsPerS * durationMs!) / timedHits,
      busyRatio: busy.length === 0 ? Number.NaN : sum(busy, ({ busyRatio }) => busyRatio) / busy.length,
      errorsPerS: sum(usable, ({ errorsPerS }) => errorsPerS),
    };
  }
}

/** Below so many hits/s of a host on average a second without any is chance. */
const busyHitsPerS = 10;

/** Hosts that serve: not those that mostly fail, nor those without a hit where the others are busy. */
function healthyOf(rows: readonly HostSecond[]): number {
  const mean = rows.reduce((sum, { hitsPerS }) => sum + hitsPerS, 0) / Math.max(1, rows.length);
  return rows.filter(({ hitsPerS, errorsPerS }) => (hitsPerS > 0 ? errorsPerS < hitsPerS / 2 : mean < busyHitsPerS))
    .length;
}
