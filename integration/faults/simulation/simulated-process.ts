import { MemberLog } from '../../../log/simulated/member-log.ts';
import type { CommitPoint } from '../../../pipelines/runtime/delivery.ts';
import type { StageRun } from '../../../pipelines/runtime/run-stage.ts';
import { runStage } from '../../../pipelines/runtime/run-stage.ts';
import type { InsertOutput } from '../../../pipelines/runtime/stage.ts';
import { ProcessClock } from './process-clock.ts';
import { allStages, SimulatedStages, type StageName } from './simulated-stages.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Where a test may put a crash: a point of the runtime, or between an insert's effect and its answer. */
export type CrashPoint = CommitPoint | 'insert_applied';

export interface SimulatedProcessOptions {
  readonly world: SimulatedWorld;
  readonly stages?: readonly StageName[];
  /** Told at every passage of a point. */
  readonly at?: (stage: StageName, point: CrashPoint, process: SimulatedProcess) => void;
}

/** A process of a world: real stages on the simulated log. It starts again and again until the log lets it. */
export class SimulatedProcess {
  readonly log: MemberLog;
  readonly runs: StageRun[] = [];
  readonly #options: SimulatedProcessOptions;
  readonly #clock: ProcessClock;
  /** Of the world when the process was started. */
  readonly #epoch: number;

  constructor(options: SimulatedProcessOptions) {
    const { world, stages = allStages } = options;
    this.#options = options;
    this.#epoch = world.epoch;
    this.log = new MemberLog(world.cluster, world.groups);
    this.#clock = new ProcessClock(world.clock, () => this.log.state);
    for (const name of stages) void this.#start(name);
  }

  /** In order: stops its stages, then ends. */
  async stop(): Promise<void> {
    for (const run of this.runs) await run.stop();
    this.log.kill();
  }

  async #start(name: StageName): Promise<void> {
    for (;;) {
      try {
        this.runs.push(await this.#run(name));
        return;
      } catch {
        // The log is away at start: whoever starts stages tries again.
        await new Promise<void>((resolve) => this.#clock.after(1_000, resolve));
      }
    }
  }

  async #run(name: StageName): Promise<StageRun> {
    const { world, at } = this.#options;
    const stages = new SimulatedStages(world, this.log);
    const epoch = this.#epoch;
    const topology = name === 'windows' ? await stages.followTopology(epoch) : undefined;
    const performInsert = (insert: InsertOutput): Promise<void> => {
      const { freezes } = this.log;
      return this.log.call(() => {
        world.clickHouse.insert(insert, { ofZombie: this.log.freezes > freezes });
        at?.(name, 'insert_applied', this);
      }, world.clickHouse);
    };
    try {
      return await runStage({
        stage: stages.stage(name),
        log: this.log,
        clock: this.#clock,
        epoch,
        performInsert,
        ...(topology !== undefined && { broadcastReady: topology.ready }),
        ...(at !== undefined && { at: (point: CommitPoint) => at(name, point, this) }),
      });
    } catch (error) {
      await topology?.stop();
      throw error;
    }
  }
}
