import { Random } from '../../../base/testing/random.ts';
import { counters } from '../../../schemas/counters.ts';
import { encodeHostCounters } from '../../../schemas/host-counters-codec.ts';
import type { HostPlacements } from '../../../schemas/records.ts';

/** Counters with a value in each record, spread over the catalogue: what a host without a PMU delivers. */
export const presentCounters = 120;

export const hostName = (host: number): string => `web${String(host).padStart(5, '0')}.prn1`;

/** Values of `dyno.counters.v1` for a fleet, second after second: about 1.2 kB each, the same for the same seed. */
export class CounterRecords {
  readonly hosts: number;
  readonly #schemaId: number;
  readonly #random: Random;
  readonly #values = new Float64Array(counters.length).fill(Number.NaN);
  readonly #present: readonly number[];

  constructor(options: { readonly hosts: number; readonly schemaId: number; readonly seed?: number }) {
    this.hosts = options.hosts;
    this.#schemaId = options.schemaId;
    this.#random = new Random(options.seed ?? 1);
    this.#present = Array.from({ length: presentCounters }, (_, i) =>
      Math.floor((i * counters.length) / presentCounters),
    );
  }

  value(host: number, timeMs: number, sequence: number): Buffer {
    const level = this.#random.next();
    for (const [i, counter] of this.#present.entries()) this.#values[counter] = level * (i + 1) + host / 1_000;
    const sample = { host: hostName(host), timeMs, intervalMs: 1_000, sequence, values: this.#values };
    return encodeHostCounters(sample, this.#schemaId);
  }
}

/** Where the hosts are: 20 tiers in 10 services and 4 regions. */
export const placementsOf = (hosts: number): HostPlacements[] =>
  Array.from({ length: hosts }, (_, host) => ({
    host: hostName(host),
    placements: [
      {
        tier: `tier${host % 20}`,
        service: `service${host % 10}`,
        region: `region${host % 4}`,
        datacenter: `dc${host % 4}`,
        rack: `rack${host % 200}`,
        serverType: 'web',
        generation: 'NHM',
        pool: `pool${host % 20}`,
        server: hostName(host),
        build: 'b1',
        owner: 'bench',
        validFromMs: 0,
      },
    ],
  }));
