import { DynoError } from '../base/errors.ts';
import type { SequencedMessage, SourcedBlock } from '../operators/window/complete-windows.ts';
import type { WindowMarker } from '../schemas/blocks.ts';
import type { TaskBatch } from './runtime/stage.ts';

/** Decodes what sources wrote. What is no block is counted and passed over: it must stop nobody. */
export class BlockReader<B extends SourcedBlock> {
  undecodable = 0;
  /** Of an older catalogue whose names are not known: columns that cannot be told are never mixed. */
  foreign = 0;
  readonly #decode: (value: Buffer) => B | WindowMarker;

  constructor(decode: (value: Buffer) => B | WindowMarker) {
    this.#decode = decode;
  }

  read(batch: TaskBatch): SequencedMessage<B>[] {
    const messages: SequencedMessage<B>[] = [];
    for (let record = 0; record < batch.count; record++) {
      const value = batch.values.at(record) ?? null;
      const message = value === null ? undefined : this.#message(value, batch);
      if (message !== undefined) messages.push({ offset: batch.offsets[record]!, message });
    }
    return messages;
  }

  #message(value: Buffer, batch: TaskBatch): B | WindowMarker | undefined {
    try {
      return this.#decode(value);
    } catch (error) {
      // Of a newer catalogue, or of a schema that is not known yet: not lost, it waits.
      if (!(error instanceof DynoError) || error.retryable) throw error;
      if (batch.replayed) return undefined;
      if (error.code === 'DYNO_SCHEMA_CATALOGUE_UNKNOWN') this.foreign++;
      else this.undecodable++;
      return undefined;
    }
  }
}
