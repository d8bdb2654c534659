import { VirtualClock } from '../../../base/testing/virtual-clock.ts';
import type { WeightApplied, WeightCommand } from '../../../schemas/weight-records.ts';
import { serverWeights, stateHashOf, type Weights, weightsOf } from '../../../schemas/weight-state.ts';
import { WeightAdapter } from '../adapter.ts';
import { defaultRails, type Rails } from '../rails.ts';
import { SimulatedBalancer, type SimulatedBalancerOptions } from '../simulated.ts';
import { CutDriver } from './cut-driver.ts';
import { MemoryDisk } from './memory-disk.ts';

export type NamedWeights = Readonly<Record<string, number>>;

export const named = (weights: NamedWeights): ReadonlyMap<string, number> => new Map(Object.entries(weights));
export const plain = (list: Parameters<typeof weightsOf>[0]): NamedWeights => Object.fromEntries(weightsOf(list));

export interface AdapterWorldOptions extends Omit<Partial<SimulatedBalancerOptions>, 'weights'> {
  /** Of the balancer's configuration. */
  readonly configured?: NamedWeights;
  readonly rails?: Partial<Rails>;
  /** May be changed between restarts. */
  firstSafeWeights?: number | NamedWeights | undefined;
}

const tickMs = 200;

/** One adapter, its simulated balancer, its disk and a clock that the test moves. */
export class AdapterWorld {
  readonly clock = new VirtualClock();
  readonly disk = new MemoryDisk();
  readonly balancer: SimulatedBalancer;
  readonly reports: WeightApplied[] = [];
  adapter: WeightAdapter;
  killFile = false;
  /** How far the wall clock has jumped. */
  wallJumpMs = 0;
  /** The topic's kill switch; undefined = the log is away. */
  topicKilled: boolean | undefined = false;
  /** Told of every write of any adapter, before it is done. */
  onWrite: (wanted: Weights) => void = () => {};
  #seq = 0;
  #connection!: CutDriver;
  readonly #options: AdapterWorldOptions;

  constructor(options: AdapterWorldOptions = {}) {
    const { configured = { s1: 100, s2: 100, s3: 100 }, ...balancer } = options;
    this.#options = options;
    this.balancer = new SimulatedBalancer({ weights: named(configured), ...balancer });
    this.adapter = this.#newAdapter();
  }

  static async started(options: AdapterWorldOptions = {}): Promise<AdapterWorld> {
    const world = new AdapterWorld(options);
    await world.adapter.start();
    await world.advance(tickMs);
    world.reports.length = 0;
    return world;
  }

  /** As after a kill -9: a new adapter on the same disk and balancer. */
  async restart(): Promise<void> {
    this.#connection.cut = true;
    this.adapter = this.#newAdapter();
    await this.adapter.start();
  }

  /** Time passes; the adapter ticks and hears of the kill switch as in its process. */
  async advance(byMs: number): Promise<void> {
    for (let left = byMs; left > 0; left -= tickMs) {
      await this.clock.advance(Math.min(left, tickMs));
      if (this.topicKilled !== undefined)
        await this.adapter.onKillSwitch({ engaged: this.topicKilled, atMs: this.clock.monotonicMs() });
      await this.adapter.tick();
    }
  }

  /** A command that is good unless `over` makes it bad: next seq, the balancer's state hash, 10 s. */
  command(weights: NamedWeights, over: Partial<WeightCommand> = {}): WeightCommand {
    this.#seq++;
    return {
      commandId: `c${this.#seq}`,
      pool: 'web-snc',
      tier: 'web',
      epoch: 1,
      seq: this.#seq,
      issuedAt: this.clock.nowMs(),
      ttlMs: 10_000,
      mode: 'test',
      runId: 'run-1',
      weights: serverWeights(named(weights)).map((item) => ({ ...item, previous: undefined })),
      safeWeights: [],
      expectStateHash: stateHashOf(this.balancer.weights),
      reason: 'A test.',
      evidence: undefined,
      dryRun: false,
      ...over,
    };
  }

  /** Sends it and answers what was reported of it. */
  async send(command: WeightCommand, ageMs = 0, heldMs = 0): Promise<WeightApplied> {
    await this.adapter.onCommand(command, ageMs, heldMs);
    const answer = this.reports.findLast(
      ({ commandId, status }) => commandId === command.commandId && status !== 'observed',
    );
    if (answer === undefined) throw new Error('the adapter said nothing of the command');
    return answer;
  }

  get weights(): NamedWeights {
    return Object.fromEntries(this.balancer.weights);
  }

  get statuses(): string[] {
    return this.reports.map(({ status }) => status);
  }

  /** The connection of the adapter that runs now: the process of a killed one says and hears nothing any more. */
  get connection(): CutDriver {
    return this.#connection;
  }

  #newAdapter(): WeightAdapter {
    const { clock, disk } = this;
    const driver = new CutDriver(this.balancer, (wanted) => this.onWrite(wanted));
    this.#connection = driver;
    const { rails, firstSafeWeights } = this.#options;
    return new WeightAdapter({
      name: 'lb1',
      pool: 'web-snc',
      tier: 'web',
      driver,
      disk,
      clock: { nowMs: () => clock.nowMs() + this.wallJumpMs, monotonicMs: () => clock.monotonicMs() },
      rails: { ...defaultRails, largestShareRatio: 0.7, ...rails },
      firstSafeWeights: typeof firstSafeWeights === 'object' ? named(firstSafeWeights) : firstSafeWeights,
      killFileExists: () => this.killFile,
      report: (applied) => this.reports.push(applied),
    });
  }
}
