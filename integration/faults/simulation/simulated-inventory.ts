import type { Random } from '../../../base/testing/random.ts';
import type { SimulatedPartition } from '../../../log/simulated/partition.ts';
import { codecOf } from '../../../schemas/codec.ts';
import { placementsMax } from '../../../schemas/records.ts';
import { type Placement, unassignedTier } from '../../../schemas/topology.ts';

export const topologyTopic = 'topology.hosts.v1';

const codec = codecOf(topologyTopic);
export const placementSchemaJson = codec.schemaJson;

const tiers = [
  { tier: 'web', service: 'www' },
  { tier: 'cache', service: 'www' },
  { tier: 'db', service: 'graph' },
] as const;

/** Where the hosts are: as records in the topology topic, and as plain lists for the oracle. */
export class SimulatedInventory {
  readonly #random: Random;
  readonly #schemaId: number;
  readonly #topic: SimulatedPartition;
  readonly #placements = new Map<string, Placement[]>();

  constructor(random: Random, topic: SimulatedPartition, schemaId: number) {
    this.#random = random;
    this.#topic = topic;
    this.#schemaId = schemaId;
  }

  get hosts(): ReadonlyMap<string, readonly Placement[]> {
    return this.#placements;
  }

  /** A host is there from the beginning. */
  place(host: string, nowMs: number): void {
    this.#write(host, [this.#anywhere(0)], nowMs);
  }

  /**
   * A host that is known moves, a while from now, as `topology apply` demands. One that is not known stays so: its first
   * placement would hold from the beginning, and windows that were closed before would be told otherwise by a replay.
   */
  move(host: string, nowMs: number): void {
    const known = this.#placements.get(host);
    if (known === undefined) return;
    const validFromMs = Math.max(nowMs + 30_000 + this.#random.between(0, 20_000), known.at(-1)!.validFromMs + 1);
    this.#write(host, [...known, this.#anywhere(validFromMs)].slice(-placementsMax), nowMs);
  }

  #write(host: string, placements: Placement[], nowMs: number): void {
    this.#placements.set(host, placements);
    const value = codec.encode({ host, placements }, this.#schemaId);
    this.#topic.append([{ key: Buffer.from(host), value, headers: undefined }], nowMs);
  }

  /** Where the host was when a window ended: its last placement that began before. */
  placementOf(host: string, windowEndMs: number): Pick<Placement, 'tier' | 'service' | 'region' | 'serverType'> {
    const placements = this.#placements.get(host) ?? [];
    const found = placements.findLast(({ validFromMs }) => validFromMs < windowEndMs);
    return found ?? { tier: unassignedTier, service: '', region: '', serverType: '' };
  }

  #anywhere(validFromMs: number): Placement {
    const unknown = { datacenter: '', rack: '', generation: 'NHM', pool: '', server: '', build: '', owner: '' };
    const { tier, service } = this.#random.pick(tiers);
    const region = this.#random.pick(['snc', 'ash']);
    const serverType = this.#random.pick(['I', 'III']);
    return { tier, service, region, serverType, validFromMs, ...unknown };
  }
}
