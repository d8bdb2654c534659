import { partitionOf } from '../../../log/partitioner.ts';
import { type ClockFault, countersTopic, SimulatedHost } from './simulated-host.ts';
import type { SimulatedWorld } from './simulated-world.ts';

interface Spooled {
  readonly host: SimulatedHost;
  readonly value: Buffer | null;
}

/** Longest time from a sample to its last arrival, while the log is there. */
export const onTheirWayMsMax = 30_000;

/** Shares of records with a fault of their own. */
const ratios = { poison: 0.01, resent: 0.02, delayed: 0.03, veryLate: 0.01 } as const;

/** The agents of a world: a record a second and host, out of order, repeated, late; spooled while the log is away. */
export class SimulatedFleet {
  readonly hosts: readonly SimulatedHost[];
  #spool: Spooled[] = [];
  #running = false;
  readonly #world: SimulatedWorld;

  constructor(world: SimulatedWorld) {
    const { random } = world;
    this.#world = world;
    const faults: readonly ClockFault[] = ['hour_ahead', 'hour_behind', 'seconds_ahead', 'seconds_behind'];
    this.hosts = Array.from({ length: random.between(3, 6) }, (_, i) => {
      const clock = random.chance(0.15) ? random.pick(faults) : 'right';
      return new SimulatedHost(`host${i}.${random.pick(['snc', 'ash'])}`, clock, random);
    });
    // One host in eight is not in the inventory.
    for (const host of this.hosts) if (!random.chance(0.12)) world.inventory.place(host.name, world.clock.nowMs());
  }

  start(): void {
    this.#running = true;
    this.#nextSecond();
  }

  stop(): void {
    this.#running = false;
  }

  /** A host of each partition with a right clock says something: no partition ends with a record of another time. */
  sayLast(): void {
    const { partitions, random, clock } = this.#world;
    for (let partition = 0; partition < partitions; partition++) {
      let name = 0;
      while (partitionOf(`last${name}`, partitions) !== partition) name++;
      const host = new SimulatedHost(`last${name}`, 'right', random);
      this.#append(host, host.sample(clock.nowMs()));
    }
  }

  #nextSecond(): void {
    const { clock } = this.#world;
    clock.after(1_000 - (clock.nowMs() % 1_000), () => {
      if (!this.#running) return;
      for (const host of this.hosts) this.#say(host);
      this.#nextSecond();
    });
  }

  #say(host: SimulatedHost): void {
    const { clock, random } = this.#world;
    const nowMs = clock.nowMs();
    if (host.silentUntilMs > nowMs) return;
    const value = random.chance(ratios.poison) ? host.poison(nowMs) : host.sample(nowMs);
    let delayMs = random.between(20, 900);
    if (random.chance(ratios.delayed)) delayMs = random.between(1_000, 14_000);
    if (random.chance(ratios.veryLate)) delayMs = random.between(17_000, onTheirWayMsMax);
    clock.after(delayMs, () => this.#append(host, value));
    if (random.chance(ratios.resent))
      clock.after(random.between(1_000, onTheirWayMsMax), () => this.#append(host, value));
  }

  /** While the log is away an agent spools; the first that gets through finds the rest behind it, in order. */
  #append(host: SimulatedHost, value: Buffer | null): void {
    const { cluster, clock, random } = this.#world;
    if (cluster.away || this.#spool.some((other) => other.host === host)) {
      if (this.#spool.length === 0) this.#emptySpoolSoon();
      this.#spool.push({ host, value });
      return;
    }
    this.#toLog(host, value);
    // An acknowledgement that got lost: the agent sends it once more.
    if (random.chance(cluster.answerLostRatio)) clock.after(500, () => this.#append(host, value));
  }

  #emptySpoolSoon(): void {
    const { cluster, clock, random } = this.#world;
    clock.after(random.between(200, 2_000), () => {
      if (cluster.away) return this.#emptySpoolSoon();
      const [first] = this.#spool;
      for (const { host, value } of this.#spool) if (host === first?.host) this.#toLog(host, value);
      this.#spool = this.#spool.filter(({ host }) => host !== first?.host);
      if (this.#spool.length > 0) this.#emptySpoolSoon();
    });
  }

  #toLog({ name }: SimulatedHost, value: Buffer | null): void {
    const { cluster, clock, partitions } = this.#world;
    cluster
      .partition({ topic: countersTopic, partition: partitionOf(name, partitions) })
      .append([{ key: Buffer.from(name), value, headers: undefined }], clock.nowMs());
  }
}
