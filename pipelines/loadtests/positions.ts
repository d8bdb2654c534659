import type { RecordBatch } from '../../log/port.ts';
import type { Checkpoint, GraphStart } from '../runtime/stage.ts';

/** How far inputs have been read of which nothing is ever read again. */
export class Positions {
  readonly #partition: number;
  readonly #next = new Map<string, number>();

  constructor(topics: readonly string[], { identity, restored }: Pick<GraphStart, 'identity' | 'restored'>) {
    this.#partition = identity.partition;
    for (const { topic, lowOffset } of restored) if (topics.includes(topic)) this.#next.set(topic, lowOffset);
  }

  note({ topic, nextOffset }: RecordBatch): void {
    this.#next.set(topic, nextOffset);
  }

  checkpoint(): Checkpoint[] {
    return [...this.#next].map(([topic, position]) => ({
      topic,
      partition: this.#partition,
      lowOffset: position,
      metadata: JSON.stringify({ position }),
    }));
  }
}
