import { Random } from '../../../base/testing/random.ts';
import { VirtualClock } from '../../../base/testing/virtual-clock.ts';
import type { Log } from '../../../log/port.ts';
import { SimulatedCluster } from '../../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../../log/simulated/groups.ts';
import type { MemberLog } from '../../../log/simulated/member-log.ts';
import type { SimulatedServer } from '../../../log/simulated/network.ts';
import { subjectOf } from '../../../schemas/codec.ts';
import { panelHostsByShare } from '../../../schemas/loadtests-file/load-tests.ts';
import { topics } from '../../../schemas/topics.ts';
import { ControllerProcess, type ControllerProcessOptions } from './controller-process.ts';
import { type FleetHosts, queuedHosts } from './fleet-hosts.ts';
import { SteeredTier } from './steered-tier.ts';
import { TierFile, type TierLines } from './tier-file.ts';
import { encodeFor, schemaIds, schemas } from './world-codecs.ts';

const killTopic = 'loadbalancer.killswitch.v1';
const largestShare = 0.05;

const well = (): SimulatedServer => ({ away: false, answerLostRatio: 0, slowRatio: 0 });

export interface WorldTier {
  readonly hosts: FleetHosts;
  /** In `loadtests.yaml`, beside what every tier of a world has there. */
  readonly lines?: TierLines;
  readonly askEveryMs?: number;
}

export interface ControlWorldOptions {
  /** By name; the first is the one that is looked at. Default: one of hosts that are exact queues. */
  readonly tiers?: Readonly<Record<string, WorldTier>>;
  /** Of each topic. Two tiers may be in two tasks then. */
  readonly partitions?: number;
}

/** Tiers that are steered: log, registry, balancers, their adapters, controllers, hosts, on one virtual clock and one seed. */
export class ControlWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly cluster: SimulatedCluster;
  readonly groups: SimulatedGroups;
  readonly registry = well();
  /** The way to the partition of the kill switches alone. */
  readonly switches = well();
  readonly file: TierFile;
  readonly sites: readonly SteeredTier[];
  readonly controllers: ControllerProcess[] = [];
  /** What the topic of kill switches says. */
  isEngaged = false;
  /** Controllers were there that the log does not fence against each other. */
  hasRivals = false;

  constructor(seed: number, { tiers, partitions = 1 }: ControlWorldOptions = {}) {
    const given = Object.entries(tiers ?? { web: { hosts: queuedHosts(seed) } });
    this.random = new Random(seed);
    this.clock = new VirtualClock(given[0]![1].hosts.startMs, { promisesOnly: true });
    this.cluster = new SimulatedCluster({ clock: this.clock, random: this.random, fetchEveryMs: 100 });
    this.groups = new SimulatedGroups(this.cluster);
    for (const { name } of topics) this.cluster.createTopic({ name, partitions });
    this.file = new TierFile(new Map(given.map(([name, { lines = {} }]) => [name, lines])));
    this.sites = given.map(
      ([name, { hosts, askEveryMs = 20_000 }]) => new SteeredTier({ world: this, name, hosts, askEveryMs }),
    );
  }

  /** The tier that is looked at. */
  get web(): SteeredTier {
    return this.sites[0]!;
  }

  site(tier: string): SteeredTier | undefined {
    return this.sites.find(({ name }) => name === tier);
  }

  neighboursOf(site: SteeredTier): readonly SteeredTier[] {
    return this.sites.filter((other) => other !== site);
  }

  panelHostsMax({ fleet }: SteeredTier): number {
    return panelHostsByShare(fleet.hosts.length, largestShare);
  }

  start(): void {
    for (const site of this.sites) site.start();
  }

  startController(options: Omit<ControllerProcessOptions, 'world'> = {}): ControllerProcess {
    const process = new ControllerProcess({ world: this, ...options });
    this.hasRivals ||= process.isRival;
    this.controllers.push(process);
    return process;
  }

  /** Load is raised somewhere. */
  get isRaised(): boolean {
    return this.sites.some(({ isRaised }) => isRaised);
  }

  /** Until then, or so many seconds at most; answers whether it came to it. */
  async until(what: () => boolean, seconds: number): Promise<boolean> {
    for (let at = 0; at < seconds && !what(); at++) await this.clock.advance(1_000);
    return what();
  }

  setKillSwitch(engaged: boolean): void {
    const value = encodeFor(killTopic, { scope: 'all', engaged, at: this.clock.nowMs(), by: 'somebody', reason: '' });
    this.cluster
      .partition({ topic: killTopic, partition: 0 })
      .append([{ key: Buffer.from('all'), value, headers: undefined }], this.clock.nowMs());
    this.isEngaged = engaged;
    for (const { watch } of this.sites) watch.noteSwitch();
  }

  /** The log of a process, whose kill switches have a way of their own. */
  logOf(log: MemberLog): Log {
    const topicState: Log['topicState'] = async (topic) => {
      if (topic === killTopic) await log.call(() => {}, this.switches);
      return log.topicState(topic);
    };
    return {
      createTopics: log.createTopics,
      checkTopics: log.checkTopics,
      topicState,
      committedOffsets: log.committedOffsets,
      producer: log.producer,
      transactionalProducer: log.transactionalProducer,
      subscribe: log.subscribe,
      read: (partition, fromOffset) => log.read(partition, fromOffset),
      close: () => log.close(),
    };
  }

  registryOf(log: MemberLog) {
    return {
      schemaById: (id: number) => log.call(() => schemas.get(id), this.registry),
      register: (subject: string) => log.call(() => idOf(subject), this.registry),
    };
  }
}

const idOf = (subject: string): number => [...schemaIds].find(([topic]) => subjectOf(topic) === subject)![1];
