import { EventEmitter, once } from 'node:events';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import type {
  Assignment,
  Log,
  RecordBatch,
  Subscription,
  SubscriptionListener,
  TopicPartition,
} from '../../log/port.ts';

export interface MemberOptions {
  readonly bootstrap: string;
  readonly group: string;
  readonly topics: readonly string[];
  readonly assignment?: Assignment;
  readonly sessionTimeoutMs?: number;
  /** What it answers holds the batch under way. */
  readonly onBatch?: (batch: RecordBatch) => Promise<void>;
}

/**
 * A member with a client of its own, as a process would be: after each assignment it asks for the committed offsets,
 * seeks and resumes; it commits after each batch.
 */
export class CommittingMember implements SubscriptionListener {
  readonly values: string[] = [];
  readonly assignments: (readonly TopicPartition[])[] = [];
  readonly errors: unknown[] = [];
  dead: unknown;
  readonly #options: MemberOptions;
  readonly #log: Log;
  readonly #events = new EventEmitter();
  #subscription: Subscription | undefined;
  #stopped = false;

  private constructor(options: MemberOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  static async start(options: MemberOptions): Promise<CommittingMember> {
    const { bootstrap, group, topics, assignment = 'copartitioned', sessionTimeoutMs = 3_000 } = options;
    const log = await openKafkaLog({
      brokers: [bootstrap],
      clientId: 'member',
      replicationFactor: 1,
      sessionTimeoutMs,
    });
    const member = new CommittingMember(options, log);
    member.#subscription = await log.subscribe({ group, topics, assignment }, member);
    return member;
  }

  /** What it owns now, as `topic/partition`, sorted. */
  get owned(): string[] {
    return (this.assignments.at(-1) ?? []).map(({ topic, partition }) => `${topic}/${partition}`).sort();
  }

  /** Resolves when `holds`; looked at after every event. The test's own time-out bounds it. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.dead !== undefined) throw new Error('the member cannot go on', { cause: this.dead });
      await once(this.#events, 'change');
    }
  }

  onAssigned(assigned: readonly TopicPartition[]): void {
    this.assignments.push(assigned);
    this.#events.emit('change');
    this.#position(assigned, this.assignments.length).catch((error: unknown) => {
      // A stop closes the client under a question of the last assignment.
      if (!this.#stopped) this.onDead(error);
    });
  }

  async onBatch(batch: RecordBatch): Promise<void> {
    for (const value of batch.values) this.values.push(String(value));
    this.#events.emit('change');
    await this.#options.onBatch?.(batch);
    const { topic, partition, nextOffset } = batch;
    await this.#subscription
      ?.commitOffsets([{ topic, partition, offset: nextOffset, metadata: '' }])
      .catch((error: unknown) => this.errors.push(error));
  }

  onDead(error: unknown): void {
    this.dead = error;
    this.#events.emit('change');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#subscription?.stop();
    await this.#log.close();
  }

  async #position(assigned: readonly TopicPartition[], assignment: number): Promise<void> {
    const committed = await this.#log.committedOffsets(this.#options.group, assigned);
    if (assignment !== this.assignments.length) return;
    for (const [i, at] of assigned.entries()) this.#subscription?.seek(at, committed[i]?.offset ?? 0);
    this.#subscription?.resume(assigned);
  }
}
