import type { TopicPartition } from '../port.ts';

/** What the adapter knows of one partition of the present assignment. */
export interface AssignedPartition extends TopicPartition {
  /** Where the next batch starts; `undefined` until the listener has said it. */
  position: number | undefined;
  /** Paused by the listener (as every partition is at first). */
  held: boolean;
  /** The listener's work on the last batch, while it is under way. */
  work: Promise<void> | undefined;
  /** kafkajs has reset its position because the log no longer had it. */
  reset: boolean;
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`;

/** The present assignment. Work under way survives a new one: a partition never has two batches under way. */
export class AssignedPartitions {
  #partitions = new Map<string, AssignedPartition>();
  /** Under way on partitions that may be assigned no more. */
  readonly #works = new Map<string, Promise<void>>();

  assign(assigned: readonly TopicPartition[]): void {
    this.#partitions = new Map(
      assigned.map(({ topic, partition }) => {
        const key = keyOf({ topic, partition });
        const work = this.#works.get(key);
        return [key, { topic, partition, position: undefined, held: true, work, reset: false }];
      }),
    );
  }

  find(at: TopicPartition): AssignedPartition | undefined {
    return this.#partitions.get(keyOf(at));
  }

  all(): readonly AssignedPartition[] {
    return [...this.#partitions.values()];
  }

  /** Notes work on a partition until it ends. */
  begin(at: TopicPartition, work: Promise<void>): void {
    const key = keyOf(at);
    this.#works.set(key, work);
    const now = this.#partitions.get(key);
    if (now !== undefined) now.work = work;
  }

  end(at: TopicPartition): void {
    const key = keyOf(at);
    this.#works.delete(key);
    const now = this.#partitions.get(key);
    if (now !== undefined) now.work = undefined;
  }

  async allWork(): Promise<void> {
    while (this.#works.size > 0) await Promise.all(this.#works.values());
  }
}
