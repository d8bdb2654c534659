import { type Clock, systemClock } from '../../base/clock.ts';
import { DynoError, messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log, RecordBatch, Subscription, TopicPartition } from '../../log/port.ts';
import { codecOf } from '../../schemas/codec.ts';
import type { LiveFleet } from '../live-fleet.ts';
import { codecWithRegistry } from './codec-with-registry.ts';

export interface FollowLogOptions {
  readonly log: Log;
  readonly fleet: LiveFleet;
  /** Avro JSON of a schema id. While it rejects, reading stands still and is tried again from the same place. */
  readonly schemaJsonOf: (schemaId: number) => Promise<string>;
  /** Consumer group of the broadcast subscription. Default `overwatch`. */
  readonly group?: string;
  readonly clock?: Clock;
  /** Most records of the past, per partition, that are read at the start to fill the sparklines. */
  readonly backlogRecordsMax?: number;
}

export interface FollowedLog {
  /** Resolves when the first subscription stands or has failed; never rejects. */
  readonly opened: Promise<void>;
  /** A sentence while the log cannot be followed; undefined while it can. */
  problem(): string | undefined;
  undecodable(): number;
  stop(): Promise<void>;
}

const tierSecondsTopic = 'dyno.tier-seconds.v1';
const systemInfoTopic = 'dyno.systeminfo.v1';
const retryDelayMs = 2_000;
const lines = logLines('overwatch');

/**
 * Feeds the live view from the log: the newest blocks of tier-seconds, and SystemInfo from its beginning. Commits
 * nothing. A dead subscription is opened again, where it stopped.
 */
export function followLog(options: FollowLogOptions): FollowedLog {
  const follower = new LogFollower(options);
  follower.open();
  return follower;
}

class LogFollower implements FollowedLog {
  readonly #options: FollowLogOptions;
  readonly #clock: Clock;
  readonly #takeValue: TakeValue;
  readonly #positions = new Map<string, number>();
  #opening: Promise<void> = Promise.resolve();
  #subscription: Subscription | undefined;
  #problem: string | undefined = 'the live view is not connected to the log yet';
  #undecodable = 0;
  #stopped = false;
  #cancelRetry = () => {};

  constructor(options: FollowLogOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#takeValue = takeValueOf(options);
  }

  get opened(): Promise<void> {
    return this.#opening;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  undecodable(): number {
    return this.#undecodable;
  }

  open(): void {
    this.#opening = this.#subscribe().catch((error: unknown) => this.#retryLater(error));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry();
    await this.#opening;
    await this.#subscription?.stop();
  }

  async #subscribe(): Promise<void> {
    await this.#subscription?.stop().catch(() => undefined);
    this.#subscription = undefined;
    let assignedEarly: readonly TopicPartition[] | undefined;
    const opened = await this.#options.log.subscribe(
      {
        group: this.#options.group ?? 'overwatch',
        topics: [tierSecondsTopic, systemInfoTopic],
        assignment: 'broadcast',
        clientId: 'overwatch',
      },
      {
        onAssigned: (assigned) => {
          if (this.#subscription === undefined) assignedEarly = assigned;
          else this.#startAll(assigned).catch((error: unknown) => this.#retryLater(error));
        },
        onBatch: (batch) => this.#take(batch),
        onDead: (error) => this.#retryLater(error),
      },
    );
    this.#subscription = opened;
    if (assignedEarly !== undefined) await this.#startAll(assignedEarly);
  }

  async #startAll(assigned: readonly TopicPartition[]): Promise<void> {
    for (const partition of assigned) {
      const offset = this.#positions.get(keyOf(partition)) ?? (await firstOffset(this.#options, partition));
      this.#subscription?.seek(partition, offset);
    }
    this.#subscription?.resume(assigned);
    this.#problem = undefined;
  }

  /** Must not reject: that would kill the subscription without its being opened again. */
  async #take(batch: RecordBatch): Promise<void> {
    try {
      this.#undecodable += await takeBatch(batch, this.#takeValue);
      this.#positions.set(keyOf(batch), batch.nextOffset);
    } catch (error) {
      this.#subscription?.pause([batch]);
      this.#retryLater(error);
    }
  }

  #retryLater(error: unknown): void {
    if (this.#stopped) return;
    this.#cancelRetry();
    this.#problem = `the live view lost the log (${messageOf(error)}); it tries again every ${retryDelayMs / 1_000} s`;
    lines.warn({ event: 'live_view_lost', reason: messageOf(error) }, 'The live view lost the log; it will try again.');
    this.#cancelRetry = this.#clock.after(retryDelayMs, () => this.open());
  }
}

type TakeValue = (topic: string, partition: number, value: Buffer) => Promise<void>;

function takeValueOf({ fleet, schemaJsonOf }: FollowLogOptions): TakeValue {
  const decodeBlock = codecWithRegistry(codecOf(tierSecondsTopic), schemaJsonOf);
  const decodeSystemInfo = codecWithRegistry(codecOf(systemInfoTopic), schemaJsonOf);
  return async (topic, partition, value) => {
    if (topic === tierSecondsTopic) fleet.take(partition, await decodeBlock(value));
    else fleet.takeOrigin(await decodeSystemInfo(value));
  };
}

/** Answers how many records it could not read; rejects when reading them later may help. */
async function takeBatch(batch: RecordBatch, takeValue: TakeValue): Promise<number> {
  let undecodable = 0;
  for (const value of batch.values) {
    if (value === null) continue;
    try {
      await takeValue(batch.topic, batch.partition, value);
    } catch (error) {
      if (error instanceof DynoError && error.retryable) throw error;
      if (undecodable++ > 0) continue;
      const { topic, partition } = batch;
      lines.warn(
        { event: 'live_record_undecodable', topic, partition, reason: messageOf(error) },
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
  if (topic === systemInfoTopic) return start;
  return Math.max(start, (state.endOffsets[partition] ?? 0) - (options.backlogRecordsMax ?? 3_000));
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;
