import type { Random } from '../../../base/testing/random.ts';
import { counters } from '../../../schemas/counters.ts';
import { encodeHostCounters } from '../../../schemas/host-counters-codec.ts';

export const countersTopic = 'dyno.counters.v1';

/** Ids under which the registry of a world knows schemas. */
export const schemaIds = { counters: 1, newerCounters: 2, unusable: 3, blocks: 4, placements: 5, unknown: 99 } as const;

/** Counters that the hosts of a world deliver: some of each way of aggregating; the others have no value. */
export const deliveredCounters: readonly number[] = (() => {
  const byAggregation = new Map<string, number[]>();
  for (const [index, { aggregation }] of counters.entries())
    byAggregation.set(aggregation, [...(byAggregation.get(aggregation) ?? []), index]);
  return [...byAggregation.values()].flatMap((of) => of.slice(0, 2));
})();

/** Metrics of the seconds: two counters, and an application value. */
export const worldMetrics: readonly string[] = [
  counters[deliveredCounters[0]!]!.name,
  counters[deliveredCounters[2]!]!.name,
  'app_queue_length',
];

export type ClockFault = 'right' | 'hour_ahead' | 'hour_behind' | 'seconds_ahead' | 'seconds_behind';

const clockErrorMs: Readonly<Record<ClockFault, number>> = {
  right: 0,
  hour_ahead: 3_600_000,
  hour_behind: -3_600_000,
  seconds_ahead: 4_000,
  seconds_behind: -9_000,
};

/** One host's agent: a sample a second by its own clock. */
export class SimulatedHost {
  readonly name: string;
  readonly clock: ClockFault;
  silentUntilMs = Number.NEGATIVE_INFINITY;
  readonly #random: Random;
  #sequence = 0;

  constructor(name: string, clock: ClockFault, random: Random) {
    this.name = name;
    this.clock = clock;
    this.#random = random;
  }

  /** The sample of this second as the value of a record. */
  sample(nowMs: number): Buffer {
    const random = this.#random;
    const values = new Float64Array(counters.length).fill(Number.NaN);
    for (const counter of deliveredCounters) if (random.chance(0.9)) values[counter] = anyValue(random);
    const app = random.chance(0.5) ? { app: new Map([['app_queue_length', random.between(0, 50) / 7]]) } : {};
    const timeMs = Math.floor((nowMs + clockErrorMs[this.clock]) / 1_000) * 1_000;
    const sample = { host: this.name, timeMs, intervalMs: 1_000, sequence: this.#sequence++, values, ...app };
    const schemaId = random.chance(0.1) ? schemaIds.newerCounters : schemaIds.counters;
    return withNewerField(encodeHostCounters(sample, schemaId), schemaId);
  }

  /** A record that no reader can make sense of. */
  poison(nowMs: number): Buffer | null {
    const value = this.sample(nowMs);
    const kind = this.#random.between(0, 4);
    if (kind === 0) return null;
    if (kind === 1) value[0] = 7;
    if (kind === 2) return value.subarray(0, value.length - this.#random.between(1, 60));
    if (kind === 3) value.writeInt32BE(schemaIds.unknown, 1);
    if (kind === 4) value.writeInt32BE(schemaIds.unusable, 1);
    return value;
  }
}

/** The newer writer's schema has one field more, at the end: a double. */
function withNewerField(value: Buffer, schemaId: number): Buffer {
  return schemaId === schemaIds.newerCounters ? Buffer.concat([value, Buffer.alloc(8, 1)]) : value;
}

function anyValue(random: Random): number {
  if (random.chance(0.02)) return Number.POSITIVE_INFINITY;
  return random.chance(0.3) ? random.between(0, 100) : random.next() * 1_000 - 100;
}
