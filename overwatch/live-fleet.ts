import { BoundedMap } from '../base/bounded-map.ts';
import type { BlockIdentity, BlockMessage, TierSecondsBlock, WindowMarker } from '../schemas/blocks.ts';
import { defaultMetricRoles, type MetricRoles } from './live/metric-roles.ts';
import { SourceClocks } from './live/source-clocks.ts';
import { TierHistory, type TierPoint } from './live/tier-history.ts';
import { tierSecond } from './live/tier-second.ts';

export interface LiveFleetOptions {
  /** Blocks and markers of any other epoch are passed over. */
  readonly epoch: number;
  /** Hostname of this machine: its row says so. */
  readonly thisHost: string;
  /** RCU of a generation; undefined = not known (the seed withholds some). */
  readonly rcuOf: (generation: string, serverType: string) => number | undefined;
  /** Service whose p50 the others are compared with. Default `web`, as the seed has it. */
  readonly referenceService?: string;
  readonly metricRoles?: MetricRoles;
  /** Hosts known to be simulated before their SystemInfo arrives. */
  readonly simulatedHosts?: ReadonlySet<string>;
  readonly hostsMax?: number;
  readonly tiersMax?: number;
}

/** What SystemInfo tells this view of a host. */
export interface HostOrigin {
  readonly host: string;
  readonly simulated: boolean;
  /** Reason by counter name, for counters without a value. */
  readonly unavailable: ReadonlyMap<string, string>;
}

/** Newest second of a host: a place in the block that brought it, nothing is copied. */
export interface HostNow {
  readonly identity: BlockIdentity;
  readonly block: TierSecondsBlock;
  readonly index: number;
}

export interface TierNow {
  readonly tier: string;
  readonly service: string;
  readonly hosts: BoundedMap<string, HostNow>;
  readonly history: TierHistory;
  /** The newest closed second. */
  readonly newest: TierPoint | undefined;
  readonly newestIsPartial: boolean;
}

interface TierState {
  tier: string;
  service: string;
  hosts: BoundedMap<string, HostNow>;
  history: TierHistory;
  newest: TierPoint | undefined;
  newestIsPartial: boolean;
  partition: number;
  /** Blocks of seconds that are not complete yet, by window end. */
  open: Map<number, TierSecondsBlock[]>;
}

/** A source that is silent for so long no longer holds up the second: it is shown, marked partial. */
const openSecondsMax = 15;
/** A host not heard for this long, by event time, is no longer counted in its tier. */
export const hostAliveMs = 10_000;
/** A host not heard for this long is forgotten by its tier. */
const hostForgottenMs = 300_000;

/**
 * The newest seconds of the whole fleet, in memory, from `dyno.tier-seconds.v1`: what the tier table shows without
 * asking ClickHouse. A view, not a source of truth: it starts where the log is now, and everything in it is bounded.
 */
export class LiveFleet {
  readonly options: Required<
    Pick<LiveFleetOptions, 'epoch' | 'thisHost' | 'rcuOf' | 'referenceService' | 'metricRoles'>
  >;
  readonly #tiers: BoundedMap<string, TierState>;
  readonly #clocks = new Map<number, SourceClocks>();
  readonly #origins: BoundedMap<string, HostOrigin>;
  readonly #reasons = new BoundedMap<string, ReadonlyMap<string, string>>({ keysMax: 1_000 });
  readonly #simulatedHosts: ReadonlySet<string>;
  readonly #hostsMax: number;
  #newestMs: number | undefined;
  #partialSeconds = 0;
  #lateBlocks = 0;

  constructor(options: LiveFleetOptions) {
    const { epoch, thisHost, rcuOf } = options;
    const { referenceService = 'web', metricRoles = defaultMetricRoles } = options;
    this.options = { epoch, thisHost, rcuOf, referenceService, metricRoles };
    this.#hostsMax = options.hostsMax ?? 20_000;
    this.#simulatedHosts = options.simulatedHosts ?? new Set();
    this.#tiers = new BoundedMap({ keysMax: options.tiersMax ?? 1_000 });
    this.#origins = new BoundedMap({ keysMax: this.#hostsMax });
  }

  /** One message of output partition `partition`, in log order. */
  take(partition: number, message: BlockMessage): void {
    if (message.epoch !== this.options.epoch) return;
    if (message.kind === 'marker') this.#close(partition, message);
    if (message.kind === 'tier-seconds') this.#takeBlock(partition, message);
  }

  /** Hosts of one kind lack the same counters, so equal maps of reasons are kept once. */
  takeOrigin({ host, simulated, unavailable }: HostOrigin): void {
    const key = [...unavailable].join('\n');
    const kept = this.#reasons.get(key) ?? unavailable;
    this.#reasons.set(key, kept);
    this.#origins.set(host, { host, simulated, unavailable: kept });
  }

  /** True or false when the host or the caller said so, undefined while nobody did. */
  isSimulated(host: string): boolean | undefined {
    return this.#origins.get(host)?.simulated ?? (this.#simulatedHosts.has(host) ? true : undefined);
  }

  unavailableReason(host: string, metric: string): string | undefined {
    return this.#origins.get(host)?.unavailable.get(metric);
  }

  tier(name: string): TierNow | undefined {
    return this.#tiers.get(name);
  }

  *tiers(): IterableIterator<TierNow> {
    for (const [, tier] of this.#tiers.entries()) yield tier;
  }

  /** End of the newest closed second of any tier. */
  get newestMs(): number | undefined {
    return this.#newestMs;
  }

  get partialSeconds(): number {
    return this.#partialSeconds;
  }

  get lateBlocks(): number {
    return this.#lateBlocks;
  }

  #takeBlock(partition: number, block: TierSecondsBlock): void {
    const first = block.hosts[0];
    if (first === undefined) return;
    const tier = this.#tierOf(first, partition);
    if (tier.newest !== undefined && block.windowEndMs <= tier.newest.timeMs) {
      this.#lateBlocks++;
      return;
    }
    const blocks = tier.open.get(block.windowEndMs);
    // Reading again after a fault brings blocks a second time.
    if (blocks?.some(({ source, part }) => source === block.source && part === block.part)) return;
    if (blocks === undefined) tier.open.set(block.windowEndMs, [block]);
    else blocks.push(block);
    for (const [index, identity] of block.hosts.entries()) {
      const known = tier.hosts.get(identity.host);
      if (known === undefined || known.block.windowEndMs <= block.windowEndMs)
        tier.hosts.set(identity.host, { identity, block, index });
    }
    if (tier.open.size > openSecondsMax) this.#closeSecond(tier, Math.min(...tier.open.keys()), true);
  }

  #tierOf(identity: BlockIdentity, partition: number): TierState {
    const known = this.#tiers.get(identity.tier);
    if (known !== undefined) {
      known.service = identity.service;
      known.partition = partition;
      this.#tiers.set(identity.tier, known);
      return known;
    }
    const made: TierState = {
      tier: identity.tier,
      service: identity.service,
      hosts: new BoundedMap({ keysMax: this.#hostsMax }),
      history: new TierHistory(),
      newest: undefined,
      newestIsPartial: false,
      partition,
      open: new Map(),
    };
    this.#tiers.set(identity.tier, made);
    return made;
  }

  #close(partition: number, marker: WindowMarker): void {
    const clocks = this.#clocks.get(partition) ?? new SourceClocks();
    this.#clocks.set(partition, clocks);
    if (!clocks.close(marker)) return;
    const completeThroughMs = clocks.completeThroughMs();
    for (const [, tier] of this.#tiers.entries()) {
      if (tier.partition !== partition) continue;
      const due = [...tier.open.keys()].filter((endMs) => endMs <= completeThroughMs).sort((a, b) => a - b);
      for (const endMs of due) {
        if (endMs > clocks.trustedAfterMs()) this.#closeSecond(tier, endMs, false);
        else tier.open.delete(endMs);
      }
    }
  }

  #closeSecond(tier: TierState, endMs: number, partial: boolean): void {
    const blocks = tier.open.get(endMs) ?? [];
    tier.open.delete(endMs);
    const point = tierSecond(blocks, this.options.metricRoles);
    tier.history.put(point);
    tier.newest = point;
    tier.newestIsPartial = partial;
    if (partial) this.#partialSeconds++;
    this.#newestMs = Math.max(this.#newestMs ?? endMs, endMs);
    this.#forgetSilentHosts(tier, endMs);
  }

  /** Hosts are in the order of their last block, so the silent ones come first. */
  #forgetSilentHosts(tier: TierState, nowMs: number): void {
    for (const [host, now] of tier.hosts.entries()) {
      if (now.block.windowEndMs > nowMs - hostForgottenMs) return;
      tier.hosts.delete(host);
    }
  }
}
