import { type Clock, delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { finishedWithin } from '../../base/finished-within.ts';
import { logLines } from '../../base/log-lines.ts';
import { ownCounter } from '../../base/own-metrics.ts';
import type {
  GroupOffset,
  RecordBatch,
  SubscribeOptions,
  Subscription,
  SubscriptionListener,
  TopicPartition,
} from '../port.ts';
import { type AssignedPartition, AssignedPartitions } from './assigned-partitions.ts';
import { assignerOf, type Ownership } from './assigner.ts';
import { checkMetadata } from './commit-metadata.ts';
import type { FetchedPartition } from './fetched-partition.ts';
import { connectConsumer, discardConsumer, type PassedRecords } from './group-consumer.ts';
import { isForbidden, kafkaError, kafkaTypeOf } from './kafka-errors.ts';
import type { Consumer, Kafka } from './kafkajs.ts';

export interface KafkaSubscriptionOptions extends SubscribeOptions {
  readonly kafka: Kafka;
  readonly clock: Clock;
  readonly sessionTimeoutMs: number;
  readonly partitionCount: number;
  readonly onStopped: (subscription: KafkaSubscription) => void;
}

const lines = logLines('log');
const restarts = ownCounter('dyno_log_consumer_restarts_total', 'Consumers replaced after a failure.');
const lostRecords = ownCounter('dyno_log_lost_records_total', 'Offsets that retention took before they were read.');

/** A round of fetched batches waits for the slowest of them: this long; then a slow one goes on by itself. */
const roundMsMax = 200;
const restartPauseMs = 100;
const restartPauseMsMax = 2_000;
/** An outage is told at its beginning and then about once a minute. */
const failuresPerLine = 30;
/** A consumer that has not fetched for this many sessions is taken for dead although kafkajs says nothing. */
const silentSessionsMax = 5;
const workersMax = 256;
const commitPauseMs = 5;
const noRecords = {
  count: 0,
  offsets: new Float64Array(0),
  appendTimesMs: new Float64Array(0),
  keys: [],
  values: [],
  headers: [],
} as const;

/**
 * A member of a consumer group. What kafkajs leaves open is settled here: everything is paused at each assignment until
 * the listener positions it; a slow listener blocks only its own partition and never the membership; a consumer that
 * fails is replaced until the cluster is back; what was fetched before a rebalance or a seek is never delivered after it.
 */
export class KafkaSubscription implements Subscription {
  readonly #options: KafkaSubscriptionOptions;
  readonly #listener: SubscriptionListener;
  readonly #assigned = new AssignedPartitions();
  readonly #ownership: Ownership = { generation: 0, partitions: [] };
  readonly #stopped = new AbortController();
  #consumer: Consumer | undefined;
  #fetching = false;
  #aliveMs = 0;
  #cancelWatch: () => void = () => {};
  #failures = 0;

  private constructor(options: KafkaSubscriptionOptions, listener: SubscriptionListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Rejects where the topics cannot be subscribed to now; the first assignment comes after this has resolved. */
  static async start(options: KafkaSubscriptionOptions, listener: SubscriptionListener): Promise<KafkaSubscription> {
    const subscription = new KafkaSubscription(options, listener);
    const consumer = await subscription.#connect();
    setImmediate(() => subscription.#run(consumer));
    return subscription;
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of this.#known(partitions)) {
      at.held = true;
      this.#apply(at);
    }
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of this.#known(partitions)) {
      at.held = false;
      this.#apply(at);
    }
  }

  seek(partition: TopicPartition, offset: number): void {
    const at = this.#assigned.find(partition);
    if (at === undefined) return;
    at.position = offset;
    at.reset = false;
    this.#seek(at, offset);
  }

  async commitOffsets(offsets: readonly GroupOffset[]): Promise<void> {
    const doing = `committing offsets of group ${this.#options.group}`;
    for (const offset of offsets) checkMetadata(offset);
    try {
      const consumer = await this.#fetchingConsumer();
      await consumer.commitOffsets(
        offsets.map(({ topic, partition, offset, metadata }) => ({
          topic,
          partition,
          offset: String(offset),
          metadata,
        })),
      );
    } catch (error) {
      throw kafkaError(error, doing);
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#cancelWatch();
    await this.#assigned.allWork();
    await discardConsumer(this.#consumer);
    this.#options.onStopped(this);
  }

  /** Told by the client's log, the only place where kafkajs says it. */
  noteReset(at: TopicPartition): void {
    const partition = this.#assigned.find(at);
    if (partition !== undefined) partition.reset = true;
  }

  get group(): string {
    return this.#options.group;
  }

  /** Until its first fetch kafkajs drops commits without a word. */
  async #fetchingConsumer(): Promise<Consumer> {
    const { clock, sessionTimeoutMs } = this.#options;
    const giveUpMs = clock.monotonicMs() + sessionTimeoutMs;
    while (this.#consumer === undefined || !this.#fetching) {
      if (this.#stopped.signal.aborted) throw new Error('the subscription is stopped');
      if (clock.monotonicMs() > giveUpMs) throw new Error('the consumer is being replaced');
      await delay(clock, commitPauseMs, this.#stopped.signal);
    }
    return this.#consumer;
  }

  #known(partitions: readonly TopicPartition[]): AssignedPartition[] {
    return partitions.map((at) => this.#assigned.find(at)).filter((at) => at !== undefined);
  }

  /** Tells kafkajs whether to fetch the partition: not while held, unpositioned, or worked upon. */
  #apply(at: AssignedPartition): void {
    const partitions = [{ topic: at.topic, partitions: [at.partition] }];
    const isIdle = at.held || at.position === undefined || at.work !== undefined;
    this.#tell((consumer) => (isIdle ? consumer.pause(partitions) : consumer.resume(partitions)));
  }

  #seek({ topic, partition }: AssignedPartition, offset: number): void {
    this.#tell((consumer) => consumer.seek({ topic, partition, offset: String(offset) }));
  }

  /** A consumer that is being stopped or replaced throws: what it was told then is void at the next assignment anyway. */
  #tell(act: (consumer: Consumer) => void): void {
    if (this.#consumer === undefined || this.#stopped.signal.aborted) return;
    try {
      act(this.#consumer);
    } catch (error) {
      lines.debug(
        { event: 'consumer_not_told', group: this.group, error: messageOf(error) },
        'The consumer is ending.',
      );
    }
  }

  #connect(): Promise<Consumer> {
    return connectConsumer({
      ...this.#options,
      assigner: assignerOf(this.#options.assignment, () => this.#ownership),
      onJoin: (consumer, assignment) => this.#onJoin(consumer, assignment),
      onFetch: (consumer) => this.#onFetch(consumer),
      onInvisible: (consumer, passed) => this.#onInvisible(consumer, passed),
      onCrash: (consumer, error) => this.#onCrash(consumer, error),
    });
  }

  #run(consumer: Consumer): void {
    if (this.#stopped.signal.aborted) return void discardConsumer(consumer);
    this.#consumer = consumer;
    this.#fetching = false;
    this.#aliveMs = this.#options.clock.monotonicMs();
    this.#watch(consumer);
    const running = consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: Math.max(1, Math.min(workersMax, this.#options.partitionCount)),
      // What `kafkajs-faster.ts` put in the place of kafkajs's own.
      eachBatch: ({ batch, isStale }) => this.#eachBatch(consumer, batch as unknown as FetchedPartition, isStale()),
    });
    running.catch((error: unknown) => this.#onCrash(consumer, error));
  }

  /** Runs synchronously within kafkajs's join: no fetch begins before it is through. */
  #onJoin(consumer: Consumer, memberAssignment: Readonly<Record<string, readonly number[]>>): void {
    if (consumer !== this.#consumer || this.#stopped.signal.aborted) return;
    const assigned = Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    this.#failures = 0;
    this.#ownership.generation++;
    this.#ownership.partitions = assigned;
    this.#assigned.assign(assigned);
    for (const at of this.#assigned.all()) this.#apply(at);
    try {
      this.#listener.onAssigned(assigned);
    } catch (error) {
      lines.error({ event: 'on_assigned_failed', group: this.group, error: messageOf(error) }, 'A listener threw.');
    }
  }

  async #eachBatch(consumer: Consumer, fetched: FetchedPartition, isStale: boolean): Promise<void> {
    const at = this.#assigned.find(fetched);
    const usable = consumer === this.#consumer && !isStale && at?.position !== undefined && !at.held;
    if (!usable || at.work !== undefined || this.#stopped.signal.aborted) return this.#notDelivered(at);
    if (!this.#continues(at, fetched)) return this.#notDelivered(at);
    const nextOffset = Number(fetched.lastOffset()) + 1;
    at.position = nextOffset;
    const batch = fetched.batch({ nextOffset, endOffset: Number(fetched.highWatermark) });
    const work = this.#deliver(batch, this.#options.reuseMemory === true ? () => fetched.release() : () => {});
    await finishedWithin(work, roundMsMax, this.#options.clock);
    if (at.work !== undefined) this.#apply(at);
  }

  /** kafkajs takes what it handed over for read: the position goes back to where the listener is. */
  #notDelivered(at: AssignedPartition | undefined): void {
    if (at?.position !== undefined) this.#seek(at, at.position);
  }

  /** False for a batch that was fetched for another position than the present one. */
  #continues(at: AssignedPartition, { fetchedOffset }: FetchedPartition): boolean {
    const from = Number(fetchedOffset);
    if (from === at.position) return true;
    if (!at.reset) return false;
    const lost = Math.max(0, from - (at.position ?? from));
    lostRecords.inc(lost);
    lines.error(
      {
        event: 'offset_out_of_range',
        group: this.group,
        topic: at.topic,
        partition: at.partition,
        wanted: at.position,
        from,
      },
      'The log no longer has the offset that was to be read next; reading goes on at the first one kept, what lies between is lost.',
    );
    at.reset = false;
    return true;
  }

  /** A fetch of nothing but transaction markers and aborted records moves the position. */
  #onInvisible(consumer: Consumer, passed: PassedRecords): void {
    if (consumer !== this.#consumer) return;
    const at = this.#assigned.find(passed);
    if (at?.position === undefined || at.held || at.work !== undefined || this.#stopped.signal.aborted) return;
    const { topic, partition } = at;
    at.position = Number(passed.lastOffset) + 1;
    const endOffset = Number(passed.highWatermark);
    void this.#deliver({ topic, partition, ...noRecords, nextOffset: at.position, endOffset });
    this.#apply(at);
  }

  #deliver(batch: RecordBatch, onDone: () => void = () => {}): Promise<void> {
    const at = { topic: batch.topic, partition: batch.partition };
    const work = (async () => {
      try {
        await this.#listener.onBatch(batch);
      } catch (error) {
        lines.error(
          { event: 'on_batch_failed', group: this.group, ...at, error: messageOf(error) },
          'A listener rejected.',
        );
      }
      onDone();
      this.#assigned.end(at);
      const now = this.#assigned.find(at);
      if (now !== undefined) this.#apply(now);
    })();
    this.#assigned.begin(at, work);
    return work;
  }

  #onFetch(consumer: Consumer): void {
    if (consumer !== this.#consumer) return;
    this.#fetching = true;
    this.#aliveMs = this.#options.clock.monotonicMs();
  }

  #watch(consumer: Consumer): void {
    this.#cancelWatch();
    const { clock, sessionTimeoutMs } = this.#options;
    this.#cancelWatch = clock.after(sessionTimeoutMs, () => {
      const silentMs = clock.monotonicMs() - this.#aliveMs;
      if (silentMs <= sessionTimeoutMs * silentSessionsMax) return this.#watch(consumer);
      this.#onCrash(consumer, new Error(`the consumer has not fetched for ${Math.round(silentMs)} ms`));
    });
  }

  #onCrash(consumer: Consumer, error: unknown): void {
    if (consumer !== this.#consumer || this.#stopped.signal.aborted) return;
    this.#consumer = undefined;
    this.#cancelWatch();
    void this.#replace(consumer, error);
  }

  async #replace(failed: Consumer, cause: unknown): Promise<void> {
    let error = cause;
    let old: Consumer | undefined = failed;
    while (!this.#stopped.signal.aborted) {
      const discarded = discardConsumer(old);
      old = undefined;
      if (isForbidden(error)) return this.#listener.onDead(kafkaError(error, `reading as group ${this.group}`));
      this.#tellFailure(error);
      await delay(
        this.#options.clock,
        Math.min(restartPauseMs * 2 ** this.#failures++, restartPauseMsMax),
        this.#stopped.signal,
      );
      await Promise.race([discarded, delay(this.#options.clock, restartPauseMsMax, this.#stopped.signal)]);
      try {
        return this.#run(await this.#connect());
      } catch (again) {
        error = again;
      }
    }
  }

  #tellFailure(error: unknown): void {
    restarts.inc();
    const facts = { event: 'consumer_failed', group: this.group, error: messageOf(error), failures: this.#failures };
    const isStarting = kafkaTypeOf(error) === 'GROUP_LOAD_IN_PROGRESS';
    if (this.#failures % failuresPerLine === 0 && !isStarting)
      lines.warn(facts, 'A consumer failed and is replaced until the cluster answers.');
    else lines.debug(facts, 'A consumer could not be replaced yet.');
  }
}
