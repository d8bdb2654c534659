import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log, Producer } from '../../log/port.ts';
import type { Task } from './task.ts';

/** A partition counts as idle after this long without a data record. */
const silentMs = 1_000;
/** An idle partition gets a tick this often. */
const tickMs = 500;

/** What tells a tick from data: null key and value, and this header. */
export const tickHeaders = { 'dyno-kind': Buffer.from('tick') } as const;

export interface IdleTicksOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly topic: string;
  readonly tasks: () => Iterable<Task>;
}

export interface IdleTicks {
  stop(): Promise<void>;
}

/**
 * Keeps event time moving in idle partitions: their owner appends a tick, whose append time is its event time. Ticks are
 * in the log, so that a replay closes the same windows. When an append fails nothing closes: the log is away.
 */
export async function startIdleTicks({ log, clock, topic, tasks }: IdleTicksOptions): Promise<IdleTicks> {
  let producer: Producer | undefined;
  let failing = false;
  let stopped = false;
  let sending: Promise<void> = Promise.resolve();

  const tickIdle = async (): Promise<void> => {
    const nowMs = clock.monotonicMs();
    const idle = [...tasks()].filter((task) => task.tickable && nowMs - task.lastDataAtMs >= silentMs);
    if (idle.length === 0) return;
    try {
      producer ??= await log.producer();
      await producer.send(
        idle.map((task) => ({
          topic,
          partition: task.options.identity.partition,
          key: null,
          value: null,
          headers: tickHeaders,
        })),
      );
      failing = false;
    } catch (error) {
      if (!failing)
        logLines('pipelines').warn(
          { event: 'ticks_fail', topic, error: messageOf(error) },
          'Idle partitions stand still until the log is back.',
        );
      failing = true;
    }
  };
  const schedule = (): void => {
    if (stopped) return;
    cancel = clock.after(tickMs, () => {
      sending = tickIdle().then(schedule);
    });
  };
  let cancel: () => void = () => {};
  schedule();
  return {
    async stop() {
      stopped = true;
      cancel();
      await sending;
      await producer?.close();
    },
  };
}
