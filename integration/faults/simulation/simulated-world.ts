import { poisonGivenBack } from '../../../base/lent-memory.ts';
import { Random } from '../../../base/testing/random.ts';
import { VirtualClock } from '../../../base/testing/virtual-clock.ts';
import { SimulatedCluster } from '../../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../../log/simulated/groups.ts';
import type { SimulatedServer } from '../../../log/simulated/network.ts';
import { codecOf } from '../../../schemas/codec.ts';
import { hostCountersSchema } from '../../../schemas/host-counters.ts';
import { topics } from '../../../schemas/topics.ts';
import { blockSchemaIds, blockTopics } from './block-schemas.ts';
import { SimulatedClickHouse } from './simulated-clickhouse.ts';
import { SimulatedFleet } from './simulated-fleet.ts';
import { schemaIds } from './simulated-host.ts';
import { placementSchemaJson, SimulatedInventory, topologyTopic } from './simulated-inventory.ts';
import { SimulatedProcess, type SimulatedProcessOptions } from './simulated-process.ts';

/** Every writer schema by id; the incompatible one has no host. */
const schemas: ReadonlyMap<number, string> = new Map([
  [schemaIds.counters, hostCountersSchema()],
  [schemaIds.newerCounters, newerCountersSchema()],
  [schemaIds.unusable, '{"type":"record","name":"HostCounters","fields":[{"name":"load","type":"double"}]}'],
  [schemaIds.placements, placementSchemaJson],
  ...blockTopics.map((topic) => [blockSchemaIds.get(topic)!, codecOf(topic).schemaJson] as const),
]);

/** A counter that this version does not know, after all the others. */
function newerCountersSchema(): string {
  const schema = JSON.parse(hostCountersSchema()) as { fields: unknown[] };
  schema.fields.push({ name: 'counter_of_tomorrow', type: 'double', default: 0 });
  return JSON.stringify(schema);
}

export interface WorldOptions {
  readonly seed: number;
  readonly partitions?: number;
  readonly epoch?: number;
  /** Deduplication tokens that a table remembers. */
  readonly tokensMax?: number;
}

/** A log, a ClickHouse, a registry, a fleet and an inventory, all on one virtual clock and one seed. */
export class SimulatedWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly cluster: SimulatedCluster;
  readonly groups: SimulatedGroups;
  readonly clickHouse: SimulatedClickHouse;
  readonly registry: SimulatedServer = { away: false, answerLostRatio: 0, slowRatio: 0 };
  readonly schemas = schemas;
  readonly inventory: SimulatedInventory;
  readonly fleet: SimulatedFleet;
  readonly processes: SimulatedProcess[] = [];
  partitions: number;
  epoch: number;

  constructor({ seed, partitions = 2, epoch = 1, tokensMax = 1_000 }: WorldOptions) {
    // Who reads memory that was given back reads nonsense, and the world fails.
    poisonGivenBack();
    this.random = new Random(seed);
    this.partitions = partitions;
    this.epoch = epoch;
    // Near the end of an hour, so that one closes while the world lasts.
    this.clock = new VirtualClock(
      1_700_000_000_000 - (1_700_000_000_000 % 3_600_000) - this.random.between(1, 90) * 1_000,
      { promisesOnly: true },
    );
    this.cluster = new SimulatedCluster({ clock: this.clock, random: this.random, fetchEveryMs: 200 });
    this.groups = new SimulatedGroups(this.cluster);
    this.clickHouse = new SimulatedClickHouse({ tokensMax });
    for (const { name, partitions: wanted } of topics)
      this.cluster.createTopic({ name, partitions: wanted === 'data' ? partitions : wanted });
    const topology = this.cluster.partition({ topic: topologyTopic, partition: 0 });
    this.inventory = new SimulatedInventory(this.random, topology, schemaIds.placements);
    this.fleet = new SimulatedFleet(this);
  }

  /** More partitions, and with them another epoch: for processes that are started from now on. */
  grow({ partitions, epoch }: { readonly partitions: number; readonly epoch: number }): void {
    for (const { name, partitions: wanted } of topics)
      if (wanted === 'data') this.cluster.growTopic({ name, partitions });
    this.partitions = partitions;
    this.epoch = epoch;
  }

  start(options: Omit<SimulatedProcessOptions, 'world'> = {}): SimulatedProcess {
    const process = new SimulatedProcess({ world: this, ...options });
    this.processes.push(process);
    return process;
  }
}
