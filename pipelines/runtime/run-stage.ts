import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log, Subscription, TopicPartition } from '../../log/port.ts';
import type { CommitPoint } from './delivery.ts';
import { insertDelivery, transactionDelivery } from './delivery.ts';
import type { IdleTicksOptions } from './idle-ticks.ts';
import { startIdleTicks } from './idle-ticks.ts';
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
  /** Stops pulling, commits what is done, lets go; at most about 3 s. */
  stop(): Promise<void>;
}

/** A batch that takes longer than this gives the fetch round back: its partition is paused until it is done. */
const holdFetchRoundMs = 1_000;
const stopMs = 2_500;

const lines = logLines('pipelines');

/** Runs one stage in this process: joins its group and keeps one task for each unit that is assigned to it. */
export async function runStage(options: RunStageOptions): Promise<StageRun> {
  const { stage, log, clock, epoch } = options;
  const group = `${stage.name}-e${epoch}`;
  const tasks = new Map<string, Task>();
  const partitionCounts = await partitionsOfTopics(log, [...stage.inputs, ...stage.outputs]);
  let problem: string | undefined;
  let subscription: Subscription | undefined;

  const newTask = (identity: TaskIdentity, inputs: readonly TopicPartition[]): Task =>
    new Task({
      identity,
      inputs,
      stage,
      group,
      log,
      clock,
      delivery: deliveryOf(options, group, identity, () => subscription),
      partitionsOf: (topic) => partitionCounts.get(topic) ?? 0,
      broadcastReady: options.broadcastReady ?? (() => Promise.resolve()),
      pause: (partitions) => subscription?.pause(partitions),
      seekAndResume: (positions: readonly InputState[]) => {
        for (const input of positions) subscription?.seek(input, input.expected);
        subscription?.resume(positions);
      },
    });

  const onAssigned = (assigned: readonly TopicPartition[]): void => {
    const units = unitsOf(stage, assigned);
    for (const [key, task] of tasks) {
      if (units.has(key)) continue;
      tasks.delete(key);
      void task.drop();
    }
    for (const [key, inputs] of units) {
      let task = tasks.get(key);
      if (task === undefined) {
        const identity = {
          stage: stage.name,
          epoch,
          partition: inputs[0]!.partition,
          topics: inputs.map(({ topic }) => topic),
        };
        task = newTask(identity, inputs);
        tasks.set(key, task);
      }
      task.takeOver();
    }
  };

  // The adapter may assign before `subscribe` resolves: tasks then wait for the subscription in their take-over.
  let early: readonly TopicPartition[] | undefined;
  subscription = await log.subscribe(
    { group, topics: stage.inputs, assignment: stage.assignment },
    {
      onAssigned: (assigned) => {
        if (subscription === undefined) early = assigned;
        else onAssigned(assigned);
      },
      async onBatch(batch) {
        const task = tasks.get(unitKey(stage, batch));
        if (task === undefined) return;
        const work = task.onBatch(batch);
        if (await finishedWithin(work, holdFetchRoundMs, clock)) return;
        subscription?.pause([batch]);
        void work.then(() => {
          if (task.state !== 'taking_over' && task.state !== 'failed' && task.state !== 'stopped')
            subscription?.resume([batch]);
        });
      },
      onDead(error) {
        problem = messageOf(error);
        lines.error({ event: 'stage_dead', stage: stage.name, error: problem }, 'The stage gets no more records.');
      },
    },
  );
  if (early !== undefined) onAssigned(early);

  const ticksOf = (topic: string): IdleTicksOptions => ({ log, clock, topic, tasks: () => tasks.values() });
  const ticks = stage.ticks === undefined ? undefined : await startIdleTicks(ticksOf(stage.ticks));
  return {
    stage: stage.name,
    tasks: () => [...tasks.values()],
    problem: () => problem,
    async stop() {
      await ticks?.stop();
      const running = [...tasks.values()];
      for (const task of running) subscription?.pause(task.options.inputs);
      const stopping = Promise.all(running.map((task) => task.stop()));
      if (!(await finishedWithin(stopping, stopMs, clock))) await Promise.all(running.map((task) => task.drop()));
      await subscription?.stop();
    },
  };
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

async function finishedWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const late = new AbortController();
  const timeout = delay(clock, ms, late.signal).then(() => false);
  const finished = await Promise.race([work.then(() => true), timeout]);
  late.abort();
  return finished;
}
