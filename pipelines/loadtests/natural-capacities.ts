import { decodeNatural, encodeNatural } from '../../operators/control/natural-state.ts';
import { NaturalTier } from '../../operators/control/natural-tier.ts';
import type { HostSecond } from '../../operators/control/tier-events.ts';
import type { CapacityRecord } from '../../schemas/load-test-records.ts';

/** Beside the state of the tier's controller, whose key is the tier. */
const keyOf = (tier: string): string => `natural ${tier}`;
const keptEveryMs = 600_000;

/** What is to be written of one tier. */
export interface NaturalOutput {
  readonly tier: string;
  readonly capacity: CapacityRecord | undefined;
  readonly state: { readonly key: string; readonly value: Buffer } | undefined;
}

interface Tier {
  readonly natural: NaturalTier;
  newestMs: number;
  keptMs: number;
}

/** Capacity by natural traffic of the tiers of one task. */
export class NaturalCapacities {
  readonly #tiers: ReadonlyMap<string, Tier>;
  /** States of the past that could not be read. */
  discarded = 0;

  constructor(tiers: readonly string[], kept: ReadonlyMap<string, Buffer>) {
    this.#tiers = new Map(tiers.map((tier) => [tier, this.#begun(tier, kept.get(keyOf(tier)))]));
  }

  /** A complete second of all hosts of a tier; `raised` have the load of a test. */
  take(tier: string, timeMs: number, seconds: readonly HostSecond[], raised: readonly string[]): void {
    const known = this.#tiers.get(tier);
    if (known === undefined) return;
    known.natural.take(timeMs, seconds, new Set(raised));
    known.newestMs = timeMs;
    if (known.keptMs === Number.NEGATIVE_INFINITY) known.keptMs = timeMs;
  }

  /** One estimate at most, of the kind of host that waits for longest: commands to balancers are in the same transaction. */
  due(): NaturalOutput | undefined {
    let first: [string, Tier, number] | undefined;
    for (const [tier, each] of this.#tiers) {
      const dueMs = each.natural.dueMs;
      if (dueMs === undefined || dueMs > each.newestMs) continue;
      if (first === undefined || dueMs < first[2]) first = [tier, each, dueMs];
    }
    if (first === undefined) return undefined;
    const [tier, each] = first;
    const capacity = each.natural.due();
    return { tier, capacity, state: each.newestMs - each.keptMs >= keptEveryMs ? this.#kept(tier, each) : undefined };
  }

  /** All that is known, before the task stops. */
  states(): NaturalOutput[] {
    return [...this.#tiers]
      .filter(([, { newestMs }]) => newestMs > Number.NEGATIVE_INFINITY)
      .map(([tier, each]) => ({ tier, capacity: undefined, state: this.#kept(tier, each) }));
  }

  #begun(tier: string, value: Buffer | undefined): Tier {
    const state = value && decodeNatural(value);
    if (value !== undefined && state === undefined) this.discarded++;
    const never = Number.NEGATIVE_INFINITY;
    return { natural: new NaturalTier(tier, state), newestMs: never, keptMs: never };
  }

  #kept(tier: string, each: Tier) {
    each.keptMs = each.newestMs;
    return { key: keyOf(tier), value: encodeNatural(each.natural.state()) };
  }
}
