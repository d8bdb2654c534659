import { setTimeout as wait } from 'node:timers/promises';
import type { Program } from '../../program/program.ts';
import { faultPlan, type SoakFault } from './fault-plan.ts';
import type { SoakChild } from './soak-children.ts';
import type { SoakWorld } from './soak-world.ts';

export interface SoakFaultsOptions {
  readonly world: SoakWorld;
  readonly feed: SoakChild;
  readonly durationMs: number;
  /** Throws when something that nobody killed has ended. */
  readonly check: () => void;
}

const checkEveryMs = 1_000;

export interface SoakFaultsDone {
  /** How many there were of each kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** The one that runs now: the stage is killed and started again. */
  readonly clickHouseStage: Program;
}

/** Lets faults of chance happen, one after the other, until the time is up. */
export async function soakFaults(options: SoakFaultsOptions): Promise<SoakFaultsDone> {
  const { world, durationMs, check } = options;
  const untilMs = performance.now() + durationMs;
  const faults = new Faults(options);
  const counts: Record<string, number> = {};
  for (const { afterMs, fault } of faultPlan(world.options.seed, durationMs)) {
    const nextMs = performance.now() + afterMs;
    while (performance.now() < Math.min(nextMs, untilMs)) {
      check();
      await wait(Math.min(checkEveryMs, Math.max(1, Math.min(nextMs, untilMs) - performance.now())));
    }
    if (performance.now() >= untilMs) break;
    const kind = fault.kind === 'records' ? fault.trouble : fault.kind;
    world.options.say(`fault: ${JSON.stringify(fault)}`);
    await faults.happen(fault);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return { counts, clickHouseStage: faults.clickHouseStage };
}

class Faults {
  readonly #world: SoakWorld;
  readonly #feed: SoakChild;
  #clickHouseStage: Program;

  constructor({ world, feed }: SoakFaultsOptions) {
    this.#world = world;
    this.#feed = feed;
    this.#clickHouseStage = world.run('clickhouse');
  }

  /** Resolves when it is over, but for troubles of records, which last on. */
  async happen(fault: SoakFault): Promise<void> {
    const { broker, clickHouse } = this.#world;
    switch (fault.kind) {
      case 'records':
        this.#feed.order({ trouble: fault.trouble, forMs: fault.forMs });
        return;
      case 'broker_frozen':
        broker.freeze();
        await wait(fault.forMs);
        broker.thaw();
        return;
      case 'worker_joins':
        return this.#secondWorker(async (worker) => {
          await wait(fault.forMs);
          await worker.signal(fault.leavesBy);
        });
      case 'worker_frozen':
        return this.#secondWorker((worker) => frozen(worker, fault.forMs));
      case 'clickhouse_stage_killed':
        await this.clickHouseStage.signal('SIGKILL');
        await wait(fault.awayMs);
        this.#clickHouseStage = this.#world.run('clickhouse');
        return;
      case 'clickhouse_away':
        clickHouse.order({ order: 'leave' });
        await wait(fault.forMs);
        clickHouse.order({ order: 'come_back' });
        return;
      case 'answers_lost':
        clickHouse.order({ order: 'meet_next', faults: Array(fault.inserts).fill('answer_lost') });
    }
  }

  async #secondWorker(live: (worker: Program) => Promise<void>): Promise<void> {
    const worker = this.#world.run('windows');
    await live(worker);
  }

  /** Throws when it has ended by itself. */
  get clickHouseStage(): Program {
    const stage = this.#clickHouseStage;
    if (!stage.running) throw new Error(`the stage clickhouse ended by itself; it said:\n${stage.stderr}`);
    return stage;
  }
}

/** A worker that has joined is frozen, wakes after its session has ended, and is stopped in order. */
async function frozen(worker: Program, forMs: number): Promise<void> {
  const joinsWithinMs = 10_000;
  await wait(joinsWithinMs);
  process.kill(worker.pid, 'SIGSTOP');
  await wait(forMs);
  process.kill(worker.pid, 'SIGCONT');
  await wait(joinsWithinMs / 2);
  await worker.signal('SIGTERM');
}
