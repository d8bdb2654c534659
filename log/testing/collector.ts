import type { Assignment, Log, RecordBatch, Subscription, SubscriptionListener, TopicPartition } from '../port.ts';
import { type PlainRecord, plain } from './plain-records.ts';

export interface CollectorOptions {
  readonly log: Log;
  readonly group: string;
  readonly topics: readonly string[];
  readonly assignment?: Assignment;
  /** Where each partition starts; `undefined` leaves it paused. Default 0. */
  readonly startOffset?: (at: TopicPartition) => number | undefined;
  /** Called with each batch before it is kept; what it answers holds the batch under way. */
  readonly onBatch?: (batch: RecordBatch, subscription: Subscription) => Promise<void> | void;
}

/** A subscriber for tests: keeps every batch and wakes whoever waits for something to have come. */
export class Collector implements SubscriptionListener {
  readonly batches: RecordBatch[] = [];
  /** Every assignment so far. */
  readonly assignments: (readonly TopicPartition[])[] = [];
  readonly #options: CollectorOptions;
  #subscription: Subscription | undefined;
  #dead: { error: unknown } | undefined;
  #wake: () => void = () => {};
  #running = 0;
  #mostRunning = 0;

  private constructor(options: CollectorOptions) {
    this.#options = options;
  }

  static async start(options: CollectorOptions): Promise<Collector> {
    const collector = new Collector(options);
    const { group, topics, assignment = 'copartitioned' } = options;
    collector.#subscription = await options.log.subscribe({ group, topics, assignment }, collector);
    // An assignment may come before or after `subscribe` resolves.
    for (const assigned of collector.assignments.slice(-1)) collector.#position(assigned);
    return collector;
  }

  get subscription(): Subscription {
    if (this.#subscription === undefined) throw new Error('the subscription has not been answered yet');
    return this.#subscription;
  }

  /** How many `onBatch` are under way. */
  get running(): number {
    return this.#running;
  }

  /** The most `onBatch` that were ever under way together. */
  get mostRunning(): number {
    return this.#mostRunning;
  }

  /** The records that have come, of one partition or of all, as text. */
  records(at?: TopicPartition): PlainRecord[] {
    return this.batches.filter((batch) => at === undefined || same(batch, at)).flatMap(plain);
  }

  values(at?: TopicPartition): (string | null)[] {
    return this.records(at).map((each) => each.value);
  }

  /** Resolves as soon as `holds` is true; looked at after every event of the subscription. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#dead !== undefined) throw new Error('the subscription died', { cause: this.#dead.error });
      await new Promise<void>((resolve) => {
        const before = this.#wake;
        this.#wake = () => {
          before();
          resolve();
        };
      });
    }
  }

  onAssigned(assigned: readonly TopicPartition[]): void {
    this.assignments.push(assigned);
    if (this.#subscription !== undefined) this.#position(assigned);
    this.#woke();
  }

  async onBatch(batch: RecordBatch): Promise<void> {
    this.#running += 1;
    this.#mostRunning = Math.max(this.#mostRunning, this.#running);
    const holding = this.#options.onBatch?.(batch, this.subscription);
    this.batches.push(batch);
    this.#woke();
    await holding;
    this.#running -= 1;
    this.#woke();
  }

  onDead(error: unknown): void {
    this.#dead = { error };
    this.#woke();
  }

  #position(assigned: readonly TopicPartition[]): void {
    for (const at of assigned) {
      const offset = this.#options.startOffset === undefined ? 0 : this.#options.startOffset(at);
      if (offset === undefined) continue;
      this.subscription.seek(at, offset);
      this.subscription.resume([at]);
    }
  }

  #woke(): void {
    const wake = this.#wake;
    this.#wake = () => {};
    wake();
  }
}

const same = (a: TopicPartition, b: TopicPartition): boolean => a.topic === b.topic && a.partition === b.partition;
