import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log, RecordBatch, Subscription } from '../../log/port.ts';
import { untilItWorks } from './backoff.ts';

/** How far a broadcast input may lag before tasks stop taking batches (design: 20 s). */
const lagMsMax = 20_000;
const lagCheckMs = 5_000;

export interface BroadcastOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** A group of its own: its assigner gives every member every partition, and nothing is ever committed. */
  readonly group: string;
  readonly topics: readonly string[];
  /** A rejection (an outage) is tried again with the same batch. */
  readonly onBatch: (batch: RecordBatch) => Promise<void>;
}

export interface Broadcast {
  /** Resolves when everything that was in the topics has been read and the reading does not lag. */
  ready(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const lines = logLines('pipelines');

/** Follows topics that every task needs whole, such as topology: read to their end first, then kept up with. */
export async function followBroadcast({ log, clock, group, topics, onBatch }: BroadcastOptions): Promise<Broadcast> {
  const positions = new Map<string, number>();
  let targets = new Map<string, number>();
  let behindSinceMs: number | undefined;
  const stopped = new AbortController();

  const caughtUp = (): boolean =>
    targets.size > 0 && [...targets].every(([key, end]) => (positions.get(key) ?? 0) >= end);
  const lookAtEnds = async (): Promise<void> => {
    const ends = new Map<string, number>();
    for (const topic of topics) {
      const state = await log.topicState(topic);
      for (const [partition, end] of state.endOffsets.entries()) {
        // An empty partition (or one whose records are all gone) delivers nothing: it is read to its end by definition.
        if (end > (state.startOffsets[partition] ?? 0)) ends.set(`${topic}/${partition}`, end);
        else ends.set(`${topic}/${partition}`, 0);
      }
    }
    targets = ends;
    behindSinceMs = caughtUp() ? undefined : (behindSinceMs ?? clock.monotonicMs());
  };

  let subscription: Subscription | undefined;
  subscription = await log.subscribe(
    { group, topics, assignment: 'broadcast' },
    {
      onAssigned(assigned) {
        void (async () => {
          for (const partition of assigned) {
            const start = (await log.topicState(partition.topic)).startOffsets[partition.partition] ?? 0;
            const from = Math.max(start, positions.get(`${partition.topic}/${partition.partition}`) ?? 0);
            subscription?.seek(partition, from);
            subscription?.resume([partition]);
          }
        })().catch((error) =>
          lines.warn({ event: 'broadcast_seek_failed', group, error: String(error) }, 'Waits for the next assignment.'),
        );
      },
      async onBatch(batch) {
        const taken = await untilItWorks(() => onBatch(batch).then(() => true), {
          clock,
          signal: stopped.signal,
          onFailure: (error) =>
            lines.warn({ event: 'broadcast_waits', group, error: messageOf(error) }, 'A broadcast input waits.'),
        });
        if (taken) positions.set(`${batch.topic}/${batch.partition}`, batch.nextOffset);
      },
      onDead: (error) =>
        lines.error({ event: 'broadcast_dead', group, error: String(error) }, 'A broadcast input ended.'),
    },
  );
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await lookAtEnds().catch(() => {});
      await delay(clock, lagCheckMs, stopped.signal);
    }
  };
  await lookAtEnds();
  const watching = watch();

  let everReady = false;
  return {
    async ready(signal) {
      while (!signal.aborted && !stopped.signal.aborted) {
        if (caughtUp()) everReady = true;
        const lagMs = behindSinceMs === undefined || caughtUp() ? 0 : clock.monotonicMs() - behindSinceMs;
        if (everReady && lagMs <= lagMsMax) return;
        await delay(clock, 20, signal);
      }
    },
    async stop() {
      stopped.abort();
      await watching;
      await subscription?.stop();
    },
  };
}
