import { delay } from '../../base/clock.ts';
import type { RunStageOptions } from './run-stage.ts';
import { runStage } from './run-stage.ts';
import type { Task } from './task.ts';

export interface ReadToEndOptions extends RunStageOptions {
  readonly signal: AbortSignal;
  /** A task that needs no more records although there are some. */
  readonly isDone?: (task: Task) => boolean;
  /** Told about once a second how many records are left. */
  readonly onProgress?: (recordsLeft: number) => void;
}

const lookEveryMs = 250;
const tellEveryMs = 2_000;

/**
 * Runs a stage in this process, alone in its group, until it has read what its inputs hold now; then stops it in order.
 * Answers false when the signal ended it before.
 */
export async function readToEnd(options: ReadToEndOptions): Promise<boolean> {
  const { log, stage, clock, signal, isDone = () => false, onProgress = () => {} } = options;
  const ends = new Map<string, number>();
  for (const topic of stage.inputs) {
    const { startOffsets, endOffsets } = await log.topicState(topic);
    for (const [partition, end] of endOffsets.entries())
      if (end > (startOffsets[partition] ?? 0)) ends.set(`${topic}/${partition}`, end);
  }
  const run = await runStage(options);
  let toldAtMs = clock.monotonicMs();
  try {
    while (!signal.aborted) {
      const left = recordsLeft(ends, run.tasks(), isDone);
      if (left === 0) return true;
      if (clock.monotonicMs() - toldAtMs >= tellEveryMs) {
        toldAtMs = clock.monotonicMs();
        onProgress(left);
      }
      await delay(clock, lookEveryMs, signal);
    }
    return false;
  } finally {
    await run.stop();
  }
}

function recordsLeft(
  ends: ReadonlyMap<string, number>,
  tasks: readonly Task[],
  isDone: (task: Task) => boolean,
): number {
  const left = new Map(ends);
  for (const task of tasks) {
    if (task.state !== 'running') continue;
    for (const { topic, partition, expected } of task.inputs) {
      const key = `${topic}/${partition}`;
      const end = ends.get(key);
      if (end === undefined || expected >= end || isDone(task)) left.delete(key);
      else left.set(key, end - expected);
    }
  }
  return [...left.values()].reduce((sum, records) => sum + records, 0);
}
