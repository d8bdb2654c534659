import { DynoError } from '../../base/errors.ts';
import type { HostSample } from '../sample.ts';
import { AvroWriter } from './avro-writer.ts';

/** Stands where a schema id belongs while the registry has not told it yet; such records never leave the spool. */
export const unknownSchemaId = -1;

export interface CounterEncoderOptions {
  /** Number of counters in the catalogue that the schema was made from. */
  readonly counterCount: number;
}

/**
 * HostSample → value of `dyno.counters.v1`: Confluent prefix, then the record HostCounters in the field order of
 * `schemas/host-counters.ts`. Written by hand from that order because it runs for every host and second; a test reads
 * the bytes back with an independent decoder and the generated schema.
 */
export class CounterEncoder {
  readonly #writer = new AvroWriter();
  readonly #counterCount: number;

  constructor(options: CounterEncoderOptions) {
    this.#counterCount = options.counterCount;
  }

  encode(sample: HostSample, schemaId: number): Buffer {
    this.#check(sample);
    const writer = this.#writer;
    writer.reset();
    writer.byte(0);
    writer.int32BigEndian(schemaId);
    writer.string(sample.host);
    writer.long(sample.timeMs);
    writer.double(sample.intervalMs);
    writer.long(sample.sequence);
    writer.nullableDoubles(sample.values);
    this.#app(sample.app);
    return writer.copy();
  }

  #app(app: ReadonlyMap<string, number> | undefined): void {
    if (app !== undefined && app.size > 0) {
      this.#writer.long(app.size);
      for (const [name, value] of app) {
        this.#writer.string(name);
        this.#writer.double(value);
      }
    }
    this.#writer.long(0);
  }

  #check(sample: HostSample): void {
    const fits =
      sample.values.length === this.#counterCount &&
      Number.isSafeInteger(sample.timeMs) &&
      Number.isSafeInteger(sample.sequence) &&
      sample.host !== '';
    if (fits) return;
    throw new DynoError(
      'DYNO_AGENT_SAMPLE_UNENCODABLE',
      `a sample of host "${sample.host}" at ${sample.timeMs} (sequence ${sample.sequence}) has ${sample.values.length} values, ` +
        `expected ${this.#counterCount} values, a host name and whole milliseconds; it was dropped: report it as a bug of the collector`,
      { details: { host: sample.host, timeMs: sample.timeMs, values: sample.values.length } },
    );
  }
}

/** Puts the registry's id into the Confluent prefix of an encoded value. */
export const writeSchemaId = (value: Buffer, schemaId: number): void => {
  value.writeInt32BE(schemaId, 1);
};
