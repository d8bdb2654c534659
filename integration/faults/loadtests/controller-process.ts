import { KillSwitches } from '../../../cli/system/kill-switches.ts';
import { NeighbourTests } from '../../../cli/system/neighbour-tests.ts';
import { MemberLog } from '../../../log/simulated/member-log.ts';
import { loadtestsStage } from '../../../pipelines/loadtests.ts';
import type { CommitPoint } from '../../../pipelines/runtime/delivery.ts';
import { runStage, type StageRun } from '../../../pipelines/runtime/run-stage.ts';
import { writerSchemas } from '../../../pipelines/writer-schemas.ts';
import { codecOf } from '../../../schemas/codec.ts';
import type { LoadTests } from '../../../schemas/loadtests-file/load-tests.ts';
import type { WeightCommand } from '../../../schemas/weight-records.ts';
import { ProcessClock } from '../simulation/process-clock.ts';
import { isRaise, numberOf } from './check-commands.ts';
import type { ControlWorld } from './control-world.ts';
import { encodeFor, type WorldTopic } from './world-codecs.ts';

export interface ControllerProcessOptions {
  readonly world: ControlWorld;
  /** Belongs to another group, so that the log fences neither of them. Default: no. */
  readonly isRival?: boolean;
  /** Told at every passage of a point. */
  readonly at?: (point: CommitPoint, process: ControllerProcess) => void;
}

/** A process that steers: the real stage and the real follower of kill switches, on the simulated log. */
export class ControllerProcess {
  readonly log: MemberLog;
  readonly isRival: boolean;
  readonly #options: ControllerProcessOptions;
  readonly #clock: ProcessClock;
  readonly #switches: KillSwitches;
  readonly #neighbours: NeighbourTests;
  #run: StageRun | undefined;
  /** What it is about to commit raises load. */
  raises = false;
  #commands = new Set<string>();
  /** As the file was when this process started. */
  readonly #loadTests: LoadTests;

  constructor(options: ControllerProcessOptions) {
    const { world, isRival = false } = options;
    this.#options = options;
    this.isRival = isRival;
    this.log = new MemberLog(world.cluster, world.groups);
    this.#clock = new ProcessClock(world.clock, () => this.log.state);
    this.#loadTests = world.file.read();
    const follower = { log: world.logOf(this.log), registry: world.registryOf(this.log), clock: this.#clock };
    this.#switches = new KillSwitches(follower);
    this.#switches.start();
    this.#neighbours = new NeighbourTests({ ...follower, tiers: this.#loadTests.tiers });
    this.#neighbours.start();
    void this.#start();
  }

  /** In order: load is taken back, then it ends. */
  async stop(): Promise<void> {
    await this.#run?.stop();
    await this.#switches.stop();
    await this.#neighbours.stop();
    this.log.kill();
  }

  /** The log is away at start: whoever starts a stage tries again. */
  async #start(): Promise<void> {
    while (this.#run === undefined) {
      try {
        this.#run = await runStage({
          stage: this.#stage(),
          log: this.log,
          clock: this.#clock,
          epoch: 1,
          at: (point) => this.#passes(point),
        });
      } catch {
        await new Promise<void>((resolve) => this.#clock.after(1_000, resolve));
      }
    }
  }

  #passes(point: CommitPoint): void {
    const { world, at } = this.#options;
    at?.(point, this);
    if (point !== 'after_commit') return;
    for (const { name, watch } of world.sites) if (this.#commands.has(name)) watch.commanded(this);
    this.raises = false;
    this.#commands.clear();
  }

  /** As `cli/system/stages.ts` puts it together. */
  #stage() {
    const { world } = this.#options;
    const { schemaById } = world.registryOf(this.log);
    const seconds = codecOf('dyno.tier-seconds.v1');
    const applied = codecOf('loadbalancer.applied.v1');
    const requests = codecOf('instantdyno.loadtest-requests.v1');
    const learn = new Map([
      ['dyno.tier-seconds.v1', writerSchemas(seconds, schemaById)],
      ['loadbalancer.applied.v1', writerSchemas(applied, schemaById)],
      ['instantdyno.loadtest-requests.v1', writerSchemas(requests, schemaById)],
    ]);
    const stage = loadtestsStage({
      ensureSchemas: async (topic, values) => learn.get(topic)?.(values),
      decodeSeconds: (value) => seconds.decode(value),
      decodeApplied: (value) => applied.decode(value),
      decodeRequest: (value) => requests.decode(value),
      encode: (topic, value) => {
        if ('mode' in value) this.#orders(value);
        return encodeFor(topic as WorldTopic, value as Parameters<typeof encodeFor>[1]);
      },
      loadTests: this.#loadTests,
      logicalCpusOf: ({ tier, generation }) => world.site(tier)?.fleet.logicalCpusOf(generation),
      killSwitch: (tier) => this.#switches.stateOf(tier),
      neighbourTests: (tier) => this.#neighbours.stateOf(tier),
    });
    return this.isRival ? { ...stage, name: 'loadtests-rival' } : stage;
  }

  #orders(command: WeightCommand): void {
    this.raises ||= isRaise(command);
    this.#commands.add(command.tier);
    const entry = this.#loadTests.tiers.find(({ tier }) => tier === command.tier)!;
    this.#options.world.site(command.tier)!.orderedBy.set(numberOf(command), entry);
  }
}
