import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { finishedWithin } from '../../base/finished-within.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log, RecordBatch, Subscription, TopicPartition } from '../../log/port.ts';
import type { CommitPoint } from './delivery.ts';
import { insertDelivery, transactionDelivery } from './delivery.ts';
import { EndWatch } from './end-watch.ts';
import { type IdleTicks, startIdleTicks } from './idle-ticks.ts';
import type { InsertOutput, Stage, TaskIdentity } from './stage.ts';
import { Task } from './task.ts';
import type { InputState } from './task-inputs.ts';

export interface RunStageOptions {
  readonly stage: Stage;
  readonly log: Log;
  readonly clock: Clock;
  readonly epoch: number;
  readonly broadcastReady?: (signal: AbortSignal) => Promise<void>;
  /** For `insert` stages. */
  readonly performInsert?: (insert: InsertOutput) => Promise<void>;
  /** Tests put crashes here. */
  readonly at?: (point: CommitPoint) => void;
}

export interface StageRun {
  readonly stage: string;
  tasks(): readonly Task[];
  /** Why the stage as a whole gets no records, if so. */
  problem(): string | undefined;
  /** Why it gets none for now: the log does not answer. */
  outage(): string | undefined;
  /** A task is so far behind that the log may soon drop what it has not read. */
  nearLoss(): string | undefined;
  /** Stops pulling, commits what is done, lets go; at most about 3 s. */
  stop(): Promise<void>;
}

/** A batch that takes longer than this gives the fetch round back: its partition is paused until it is done. */
const holdFetchRoundMs = 1_000;
/** For the last commits of all tasks; then they are dropped, and a restart goes on from the last commit. */
const stopMs = 1_200;
const tickStopMs = 300;
const leaveMs = 800;

const lines = logLines('pipelines');

/** Runs one stage in this process: joins its group and keeps one task for each unit that is assigned to it. */
export async function runStage(options: RunStageOptions): Promise<StageRun> {
  const { stage, log } = options;
  const partitionCounts = await partitionsOfTopics(log, [...stage.inputs, ...stage.outputs]);
  const run = new RunningStage(options, (topic) => partitionCounts.get(topic) ?? 0);
  await run.start();
  return run;
}

class RunningStage implements StageRun {
  readonly stage: string;
  readonly #options: RunStageOptions;
  readonly #group: string;
  readonly #partitionsOf: (topic: string) => number;
  readonly #tasks = new Map<string, Task>();
  #subscription: Subscription | undefined;
  #ticks: IdleTicks | undefined;
  #watch: EndWatch | undefined;
  #problem: string | undefined;
  #isStopping = false;
  #cancelTick: () => void = () => {};

  constructor(options: RunStageOptions, partitionsOf: (topic: string) => number) {
    this.stage = options.stage.name;
    this.#options = options;
    this.#group = `${options.stage.name}-e${options.epoch}`;
    this.#partitionsOf = partitionsOf;
  }

  tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  problem(): string | undefined {
    return this.#problem;
  }

  outage(): string | undefined {
    return this.#watch?.outage();
  }

  nearLoss(): string | undefined {
    return this.#watch?.nearLoss();
  }

  async start(): Promise<void> {
    const { stage, log, clock } = this.#options;
    // The adapter may assign before `subscribe` resolves: tasks need the subscription, so they start after it.
    let early: readonly TopicPartition[] | undefined;
    this.#subscription = await log.subscribe(
      {
        group: this.#group,
        topics: stage.inputs,
        assignment: stage.assignment,
        reuseMemory: stage.keepsCopiesOnly ?? false,
      },
      {
        onAssigned: (assigned) => {
          if (this.#subscription === undefined) early = assigned;
          else this.#assign(assigned);
        },
        onBatch: (batch) => this.#take(batch),
        onDead: (error) => {
          this.#problem = messageOf(error);
          lines.error(
            { event: 'stage_dead', stage: stage.name, error: this.#problem },
            'The stage gets no more records.',
          );
        },
      },
    );
    if (early !== undefined) this.#assign(early);
    this.#watch = new EndWatch({ log, clock, topics: stage.inputs, tasks: () => this.#tasks.values() });
    if (stage.tickEveryMs !== undefined) this.#tickGraphs(stage.tickEveryMs);
    if (stage.ticks !== undefined)
      this.#ticks = await startIdleTicks({ log, clock, topic: stage.ticks, tasks: () => this.#tasks.values() });
  }

  #tickGraphs(everyMs: number): void {
    this.#cancelTick = this.#options.clock.after(everyMs, () => {
      void Promise.all(this.tasks().map((task) => task.tick())).then(() => {
        if (!this.#isStopping) this.#tickGraphs(everyMs);
      });
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelTick();
    await Promise.all([
      this.#watch?.stop(),
      finishedWithin(this.#ticks?.stop() ?? Promise.resolve(), tickStopMs, this.#options.clock),
    ]);
    const tasks = this.tasks();
    for (const task of tasks) this.#subscription?.pause(task.options.inputs);
    const stopping = Promise.all(tasks.map((task) => task.stop()));
    if (!(await finishedWithin(stopping, stopMs, this.#options.clock)))
      await finishedWithin(Promise.all(tasks.map((task) => task.drop())), leaveMs, this.#options.clock);
    if (this.#subscription !== undefined) await finishedWithin(this.#subscription.stop(), leaveMs, this.#options.clock);
  }

  #assign(assigned: readonly TopicPartition[]): void {
    const { stage, epoch } = this.#options;
    const units = unitsOf(stage, assigned);
    for (const [key, task] of this.#tasks) {
      if (units.has(key)) continue;
      this.#tasks.delete(key);
      void task.drop();
    }
    for (const [key, inputs] of units) {
      const topics = inputs.map(({ topic }) => topic);
      const identity = { stage: stage.name, epoch, partition: inputs[0]!.partition, topics };
      const task = this.#tasks.get(key) ?? this.#newTask(identity, inputs);
      this.#tasks.set(key, task);
      task.takeOver();
    }
  }

  async #take(batch: RecordBatch): Promise<void> {
    const task = this.#tasks.get(unitKey(this.#options.stage, batch));
    if (task === undefined) return;
    const work = task.onBatch(batch);
    if (await finishedWithin(work, holdFetchRoundMs, this.#options.clock)) return;
    this.#subscription?.pause([batch]);
    void work.then(() => {
      if (task.state !== 'taking_over' && task.state !== 'failed' && task.state !== 'stopped')
        this.#subscription?.resume([batch]);
    });
  }

  #newTask(identity: TaskIdentity, inputs: readonly TopicPartition[]): Task {
    const { stage, log, clock, broadcastReady = () => Promise.resolve() } = this.#options;
    return new Task({
      identity,
      inputs,
      stage,
      group: this.#group,
      log,
      clock,
      delivery: deliveryOf(this.#options, this.#group, identity, () => this.#subscription),
      partitionsOf: this.#partitionsOf,
      broadcastReady,
      at: this.#options.at,
      pause: (partitions) => this.#subscription?.pause(partitions),
      seekAndResume: (positions: readonly InputState[]) => {
        for (const input of positions) this.#subscription?.seek(input, input.expected);
        this.#subscription?.resume(positions);
      },
    });
  }
}

function deliveryOf(
  options: RunStageOptions,
  group: string,
  identity: TaskIdentity,
  subscription: () => Subscription | undefined,
) {
  const at = options.at === undefined ? {} : { at: options.at };
  if (options.stage.delivery === 'transaction') {
    const transactionalId = `${identity.stage}-e${identity.epoch}-${identity.partition}`;
    return transactionDelivery({ log: options.log, group, transactionalId, ...at });
  }
  const { performInsert } = options;
  if (performInsert === undefined) throw new Error(`stage ${options.stage.name} inserts, but nothing performs inserts`);
  return insertDelivery({
    performInsert,
    commitOffsets: async (offsets) => subscription()?.commitOffsets(offsets),
    ...at,
  });
}

const unitKey = (stage: Stage, { topic, partition }: TopicPartition): string =>
  stage.assignment === 'single' ? `${topic}/${partition}` : String(partition);

function unitsOf(stage: Stage, assigned: readonly TopicPartition[]): Map<string, TopicPartition[]> {
  const units = new Map<string, TopicPartition[]>();
  for (const partition of assigned) {
    const key = unitKey(stage, partition);
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [partition]);
    else unit.push(partition);
  }
  return units;
}

async function partitionsOfTopics(log: Log, topics: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const topic of new Set(topics)) counts.set(topic, (await log.topicState(topic)).endOffsets.length);
  return counts;
}
