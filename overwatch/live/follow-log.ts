import { type Clock, systemClock } from '../../base/clock.ts';
import { DynoError, messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log, RecordBatch, Subscription, TopicPartition } from '../../log/port.ts';
import type { BlockMessage } from '../../schemas/blocks.ts';
import type { HostOrigin, LiveFleet } from '../live-fleet.ts';

export interface FollowLogOptions {
  readonly log: Log;
  readonly fleet: LiveFleet;
  readonly tierSecondsTopic: string;
  readonly systemInfoTopic: string;
  /**
   * `codecWithRegistry` makes these. A retryable error (registry away) stops the reading, which is tried again from the
   * same place; any other one costs that record, which is counted.
   */
  readonly decodeBlock: (value: Buffer) => BlockMessage | Promise<BlockMessage>;
  readonly decodeOrigin: (value: Buffer) => HostOrigin | Promise<HostOrigin>;
  /** Consumer group of this process's broadcast subscription. Default `overwatch`. */
  readonly group?: string;
  readonly clock?: Clock;
  /** Most records of the past, per partition, that are read at the start to fill the sparklines. */
  readonly backlogRecordsMax?: number;
}

export interface FollowedLog {
  /** A sentence while the log cannot be followed; undefined while it can. */
  problem(): string | undefined;
  undecodable(): number;
  stop(): Promise<void>;
}

const retryDelayMs = 2_000;
const lines = logLines('overwatch');

/**
 * Feeds the live view from the log: the newest blocks of tier-seconds, and SystemInfo from its beginning. Commits
 * nothing. A dead subscription is opened again, where it stopped.
 */
export function followLog(options: FollowLogOptions): FollowedLog {
  const clock = options.clock ?? systemClock;
  const positions = new Map<string, number>();
  let subscription: Subscription | undefined;
  let problem: string | undefined = 'the live view is not connected to the log yet';
  let undecodable = 0;
  let stopped = false;
  let cancelRetry = () => {};

  const take = async (batch: RecordBatch): Promise<void> => {
    try {
      undecodable += await takeBatch(options, batch);
      positions.set(keyOf(batch), batch.nextOffset);
    } catch (error) {
      subscription?.pause([batch]);
      retryLater(error);
    }
  };
  const startAll = async (assigned: readonly TopicPartition[]): Promise<void> => {
    for (const partition of assigned) {
      const offset = positions.get(keyOf(partition)) ?? (await firstOffset(options, partition));
      subscription?.seek(partition, offset);
    }
    subscription?.resume(assigned);
    problem = undefined;
  };
  const retryLater = (error: unknown): void => {
    if (stopped) return;
    cancelRetry();
    problem = `the live view lost the log (${messageOf(error)}); it tries again every ${retryDelayMs / 1_000} s`;
    lines.warn({ event: 'live_view_lost', reason: messageOf(error) }, 'The live view lost the log; it will try again.');
    cancelRetry = clock.after(retryDelayMs, () => void open());
  };
  const open = async (): Promise<void> => {
    let assignedEarly: readonly TopicPartition[] | undefined;
    try {
      await subscription?.stop().catch(() => undefined);
      subscription = undefined;
      const opened = await options.log.subscribe(
        {
          group: options.group ?? 'overwatch',
          topics: [options.tierSecondsTopic, options.systemInfoTopic],
          assignment: 'broadcast',
          clientId: 'overwatch',
        },
        {
          onAssigned: (assigned) => {
            if (subscription === undefined) assignedEarly = assigned;
            else startAll(assigned).catch(retryLater);
          },
          onBatch: take,
          onDead: retryLater,
        },
      );
      if (stopped) return await opened.stop();
      subscription = opened;
      if (assignedEarly !== undefined) await startAll(assignedEarly);
    } catch (error) {
      retryLater(error);
    }
  };
  const opening = open();
  return {
    problem: () => problem,
    undecodable: () => undecodable,
    stop: async () => {
      stopped = true;
      cancelRetry();
      await opening;
      await subscription?.stop();
    },
  };
}

/** Answers how many records it could not read; rejects when reading them later may help. */
async function takeBatch(options: FollowLogOptions, batch: RecordBatch): Promise<number> {
  let undecodable = 0;
  for (const value of batch.values) {
    if (value === null) continue;
    try {
      if (batch.topic === options.tierSecondsTopic)
        options.fleet.take(batch.partition, await options.decodeBlock(value));
      else options.fleet.takeOrigin(await options.decodeOrigin(value));
    } catch (error) {
      if (error instanceof DynoError && error.retryable) throw error;
      if (undecodable++ === 0)
        lines.warn(
          {
            event: 'live_record_undecodable',
            topic: batch.topic,
            partition: batch.partition,
            reason: messageOf(error),
          },
          'The live view passed over a record that it could not read.',
        );
    }
  }
  return undecodable;
}

/** SystemInfo from the beginning (compacted: one record a host), blocks from a bounded step before the end. */
async function firstOffset(options: FollowLogOptions, { topic, partition }: TopicPartition): Promise<number> {
  const state = await options.log.topicState(topic);
  const start = state.startOffsets[partition] ?? 0;
  if (topic === options.systemInfoTopic) return start;
  return Math.max(start, (state.endOffsets[partition] ?? 0) - (options.backlogRecordsMax ?? 3_000));
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;
