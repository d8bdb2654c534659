import { partitionOf } from '../../../log/partitioner.ts';
import type { SimulatedServer } from '../../../log/simulated/network.ts';
import type { LoadTestRequest } from '../../../schemas/load-test-records.ts';
import type { LoadTestTier } from '../../../schemas/loadtests-file/load-tests.ts';
import { memoryDisk } from '../../../sinks/loadbalancer/adapter-disk.ts';
import { SimulatedBalancer } from '../../../sinks/loadbalancer/simulated.ts';
import { AdapterProcess } from './adapter-process.ts';
import type { ControlWorld } from './control-world.ts';
import type { FleetHosts } from './fleet-hosts.ts';
import { SteeredFleet } from './steered-fleet.ts';
import { fileWeight } from './tier-file.ts';
import { Watch } from './watch.ts';
import { encodeFor } from './world-codecs.ts';

const requestsTopic = 'instantdyno.loadtest-requests.v1';

export interface SteeredTierOptions {
  readonly world: ControlWorld;
  readonly name: string;
  readonly hosts: FleetHosts;
  /** Somebody asks for a test so often, whether one runs or not. */
  readonly askEveryMs: number;
}

/** A tier of a world: its hosts, its balancer with the adapter beside it, who asks for tests, and who watches it all. */
export class SteeredTier {
  readonly name: string;
  readonly pool: string;
  readonly world: ControlWorld;
  readonly fleet: SteeredFleet;
  readonly balancer: SimulatedBalancer;
  /** The socket between adapter and balancer. */
  readonly balancerWay: SimulatedServer = { away: false, answerLostRatio: 0, slowRatio: 0 };
  /** Of the adapter; outlives its process. */
  readonly disk = memoryDisk();
  readonly watch: Watch;
  adapter: AdapterProcess;
  /** Kill switch on the adapter's machine. */
  killFile = false;
  /** Somebody asks for tests now and then. */
  isAsked = true;
  /** By number, `epoch.seq`: what the file of the controller said that gave the command. */
  readonly orderedBy = new Map<string, LoadTestTier>();
  readonly #askEveryMs: number;
  /** Servers that an operator took out, and their weights before. */
  readonly #drained = new Map<string, number>();

  constructor({ world, name, hosts, askEveryMs }: SteeredTierOptions) {
    this.world = world;
    this.name = name;
    this.pool = `${name}-pool`;
    this.#askEveryMs = askEveryMs;
    this.fleet = new SteeredFleet(this, hosts);
    this.balancer = new SimulatedBalancer({ weights: new Map(hosts.hosts.map((server) => [server, fileWeight])) });
    this.watch = new Watch(this);
    this.adapter = new AdapterProcess(this);
  }

  /** Hosts send, somebody wants a test, and what happens is watched. */
  start(): void {
    this.fleet.start();
    this.watch.start();
    this.#ask();
  }

  startAdapter(): void {
    this.adapter = new AdapterProcess(this);
  }

  get isRaised(): boolean {
    return this.watch.raised(this.balancer.weights).length > 0;
  }

  partition(topic: string) {
    const { cluster } = this.world;
    return cluster.partition({ topic, partition: partitionOf(this.name, cluster.partitions(topic).length) });
  }

  /** Back to the weights of its configuration, without a word; who is drained stays so (a server-state file). */
  reloadBalancer(): void {
    this.balancer.reload();
    for (const server of this.#drained.keys()) this.balancer.setByHand(server, 0);
    this.watch.changedByHand();
  }

  get drained(): readonly string[] {
    return [...this.#drained.keys()];
  }

  drain(server: string): void {
    const before = this.balancer.weights.get(server)!;
    if (!this.#drained.has(server)) this.#drained.set(server, before);
    this.balancer.setByHand(server, 0);
    this.watch.touched(server);
  }

  /** With the weight of before, or less where that was a test's. */
  giveBack(server: string): void {
    const before = this.#drained.get(server);
    if (before === undefined) return;
    this.#drained.delete(server);
    this.balancer.setByHand(server, Math.min(before, this.watch.safe.leastOf(server)));
    this.watch.touched(server);
  }

  setKillFile(there: boolean): void {
    this.killFile = there;
    this.watch.killFileSet(there);
  }

  request(action: LoadTestRequest['action'], what?: string): void {
    const { cluster, clock } = this.world;
    if (cluster.away) return;
    const timeMs = clock.nowMs();
    const words = { generation: undefined, what, reason: 'a test', requestedBy: 'somebody' };
    const value = encodeFor(requestsTopic, { timeMs, tier: this.name, action, ...words });
    this.partition(requestsTopic).append([{ key: Buffer.from(this.name), value, headers: undefined }], timeMs);
  }

  #ask(): void {
    this.world.clock.after(this.#askEveryMs, () => this.#ask());
    if (this.isAsked) this.request('start');
  }
}
