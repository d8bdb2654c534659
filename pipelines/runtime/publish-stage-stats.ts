import { hostname } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log, Producer } from '../../log/port.ts';
import { codecOf } from '../../schemas/codec.ts';
import type { StageStats } from '../../schemas/records.ts';
import type { StageRun } from './run-stage.ts';
import { taskStateOf } from './stage-summary.ts';
import type { Task } from './task.ts';

const topic = 'dyno.stage-stats.v1';
const publishMs = 10_000;

export interface PublishStageStatsOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly runs: readonly StageRun[];
  readonly schemaId: number;
}

/** What every task says of itself, every 10 s, for analysts: table `stage_stats`. Losing one is no harm. */
export async function publishStageStats({
  log,
  clock,
  runs,
  schemaId,
}: PublishStageStatsOptions): Promise<{ stop(): Promise<void> }> {
  const codec = codecOf(topic);
  const partitions = (await log.topicState(topic)).endOffsets.length;
  const worker = `${hostname()}-${process.pid}`;
  let producer: Producer | undefined;
  let publishing: Promise<void> = Promise.resolve();
  let cancel: () => void = () => {};
  let stopped = false;

  const publish = async (): Promise<void> => {
    const records = runs
      .flatMap((run) => run.tasks())
      .map((task) => ({
        topic,
        partition: partitionOf(task.name, partitions),
        key: Buffer.from(task.name),
        value: codec.encode(statsOf(task, worker, clock), schemaId),
      }));
    try {
      producer ??= await log.producer();
      if (records.length > 0) await producer.send(records);
    } catch (error) {
      logLines('pipelines').debug(
        { event: 'stage_stats_fail', error: messageOf(error) },
        'Stage statistics of 10 s are lost.',
      );
    }
  };
  const schedule = (): void => {
    if (stopped) return;
    cancel = clock.after(publishMs, () => {
      publishing = publish().then(schedule);
    });
  };
  schedule();
  return {
    async stop() {
      stopped = true;
      cancel();
      await publishing;
      await producer?.close();
    },
  };
}

function statsOf(task: Task, worker: string, clock: Clock): StageStats {
  const { stage, epoch, partition, topics } = task.options.identity;
  const single = task.options.stage.assignment === 'single';
  const state = taskStateOf(task);
  return {
    stage,
    epoch,
    task: single ? `${topics[0]}-${partition}` : String(partition),
    worker,
    timeMs: clock.nowMs(),
    state: state === 'failed' ? 'stopped' : state,
    reason: task.problem ?? '',
    stats: new Map([
      ...Object.entries(task.stats),
      ['commits', task.commits],
      ['lost_records', task.lostRecords],
      ['lag_records', task.inputs.reduce((lag, input) => lag + Math.max(0, input.end - input.expected), 0)],
    ]),
  };
}
