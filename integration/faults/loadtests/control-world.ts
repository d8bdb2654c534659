import { Random } from '../../../base/testing/random.ts';
import { VirtualClock } from '../../../base/testing/virtual-clock.ts';
import type { Log } from '../../../log/port.ts';
import { SimulatedCluster } from '../../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../../log/simulated/groups.ts';
import type { MemberLog } from '../../../log/simulated/member-log.ts';
import type { SimulatedServer } from '../../../log/simulated/network.ts';
import { subjectOf } from '../../../schemas/codec.ts';
import { parseLoadTests } from '../../../schemas/loadtests-file.ts';
import { topics } from '../../../schemas/topics.ts';
import type { Weights } from '../../../schemas/weight-state.ts';
import { memoryDisk } from '../../../sinks/loadbalancer/adapter-disk.ts';
import { SimulatedBalancer } from '../../../sinks/loadbalancer/simulated.ts';
import { AdapterProcess } from './adapter-process.ts';
import { ControllerProcess, type ControllerProcessOptions } from './controller-process.ts';
import { fleetOptions, SteeredFleet } from './steered-fleet.ts';
import { Watch } from './watch.ts';
import { encodeFor, schemaIds, schemas } from './world-codecs.ts';

export const tier = 'web';
export const pool = 'web-pool';
export const safeWeight = 100;
const killTopic = 'loadbalancer.killswitch.v1';
const requestsTopic = 'instantdyno.loadtest-requests.v1';
const askEveryMs = 20_000;

const loadTests = parseLoadTests({
  file: 'loadtests.yaml',
  text: `
tiers:
  - tier: ${tier}
    pools: [{ name: ${pool}, balancer: simulated }]
    slo: { p95_ms: 60000, error_ratio: 0.01 }
    hours: always
    safe_weights: ${safeWeight}
    bake_minutes: 0
`,
});

const well = (): SimulatedServer => ({ away: false, answerLostRatio: 0, slowRatio: 0 });

/** A tier that is steered: log, registry, balancer, its adapter, controllers, hosts, on one virtual clock and one seed. */
export class ControlWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly cluster: SimulatedCluster;
  readonly groups: SimulatedGroups;
  readonly registry = well();
  /** The way to the partition of the kill switches alone. */
  readonly switches = well();
  /** The socket between adapter and balancer. */
  readonly balancerWay = well();
  readonly loadTests = loadTests;
  readonly balancer: SimulatedBalancer;
  /** Of the adapter; outlives its process. */
  readonly disk = memoryDisk();
  readonly fleet: SteeredFleet;
  readonly watch: Watch;
  readonly controllers: ControllerProcess[] = [];
  adapter: AdapterProcess;

  constructor(seed: number) {
    const options = fleetOptions(seed);
    this.random = new Random(seed);
    this.clock = new VirtualClock(options.startMs, { promisesOnly: true });
    this.cluster = new SimulatedCluster({ clock: this.clock, random: this.random, fetchEveryMs: 100 });
    this.groups = new SimulatedGroups(this.cluster);
    for (const { name } of topics) this.cluster.createTopic({ name, partitions: 1 });
    this.fleet = new SteeredFleet(this, options);
    const weights = new Map(this.fleet.hosts.map((server) => [server, safeWeight]));
    this.balancer = new SimulatedBalancer({ weights });
    this.watch = new Watch(this);
    this.adapter = new AdapterProcess(this);
  }

  /** Hosts send, somebody wants a test whenever none runs, and what happens is watched. */
  start(): void {
    this.fleet.start();
    this.watch.start();
    this.#ask();
  }

  startController(options: Omit<ControllerProcessOptions, 'world'> = {}): ControllerProcess {
    const process = new ControllerProcess({ world: this, ...options });
    this.controllers.push(process);
    return process;
  }

  /** Controllers were there that the log does not fence against each other. */
  get hasRivals(): boolean {
    return this.controllers.some(({ isRival }) => isRival);
  }

  startAdapter(): void {
    this.adapter = new AdapterProcess(this);
  }

  get isRaised(): boolean {
    return isRaised(this.balancer.weights);
  }

  /** Until then, or so many seconds at most; answers whether it came to it. */
  async until(what: () => boolean, seconds: number): Promise<boolean> {
    for (let at = 0; at < seconds && !what(); at++) await this.clock.advance(1_000);
    return what();
  }

  /** Back to the weights of its configuration, without a word. */
  reloadBalancer(): void {
    this.balancer.reload();
    this.watch.reloaded();
  }

  setKillSwitch(engaged: boolean): void {
    const value = encodeFor(killTopic, { scope: 'all', engaged, at: this.clock.nowMs(), by: 'somebody', reason: '' });
    this.cluster
      .partition({ topic: killTopic, partition: 0 })
      .append([{ key: Buffer.from('all'), value, headers: undefined }], this.clock.nowMs());
    this.watch.switched(engaged);
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

  #ask(): void {
    this.clock.after(askEveryMs, () => this.#ask());
    if (this.cluster.away) return;
    const timeMs = this.clock.nowMs();
    const words = { reason: 'a test', requestedBy: 'somebody' } as const;
    const value = encodeFor(requestsTopic, { timeMs, tier, action: 'start', generation: undefined, ...words });
    this.cluster
      .partition({ topic: requestsTopic, partition: 0 })
      .append([{ key: Buffer.from(tier), value, headers: undefined }], timeMs);
  }
}

const idOf = (subject: string): number => [...schemaIds].find(([topic]) => subjectOf(topic) === subject)![1];

export const isRaised = (weights: Weights): boolean => [...weights.values()].some((weight) => weight > safeWeight);
