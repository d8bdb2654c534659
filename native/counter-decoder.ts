import { ownCounter } from '../base/own-metrics.ts';
import { counterIndex as catalogueIndex } from '../schemas/counters.ts';
import { AppReader } from './app-reader.ts';
import { AvroCursor, readFailure } from './avro/avro-cursor.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { ColumnStore } from './column-store.ts';
import type { CounterColumns, CounterDecoder, DecodeFailure } from './counter-columns.ts';
import { compilePlan, type DecodePlan } from './decode-plan.ts';

export interface CounterDecoderOptions {
  /** Counter name → column; default: the catalogue. */
  readonly counterIndex?: ReadonlyMap<string, number>;
  /** Hosts remembered by number; beyond it the half unseen longest is forgotten (and counted). */
  readonly hostsMax?: number;
}

const appNamesMax = 20_000;
const prefixBytes = 5;
const hostsForgotten = ownCounter(
  'dyno_native_hosts_forgotten_total',
  'Hosts that the decoder forgot because it knew too many.',
);

/**
 * Decoder of counter records. The seam of the C++ addon: whatever is behind it takes a batch of values and answers
 * columns, and gives the same bits. This one is JavaScript, compiled once per writer schema.
 */
export function createCounterDecoder(options: CounterDecoderOptions = {}): CounterDecoder {
  const { counterIndex = catalogueIndex, hostsMax = 200_000 } = options;
  return new CompiledDecoder(counterIndex, hostsMax);
}

const failureWords: Readonly<Record<number, DecodeFailure>> = {
  [readFailure.truncated]: { reason: 'truncated', message: 'the record ends before its schema does' },
  [readFailure.malformed]: { reason: 'malformed', message: 'the bytes do not follow the writer schema' },
  [readFailure.noHost]: { reason: 'no_host', message: 'the field "host" is null, empty or longer than 255 bytes' },
  [readFailure.badTime]: { reason: 'bad_time', message: 'the field "time_ms" is no moment after 1970' },
  [readFailure.trailing]: { reason: 'trailing_bytes', message: 'bytes are left over after the last field' },
};

class CompiledDecoder implements CounterDecoder {
  readonly #plans = new Map<number, DecodePlan>();
  readonly #counterIndex: ReadonlyMap<string, number>;
  readonly #hosts: ByteDictionary;
  readonly #appNames = new ByteDictionary(appNamesMax);
  readonly #app = new AppReader(this.#appNames);
  readonly #cursor = new AvroCursor();
  readonly #store: ColumnStore;

  constructor(counterIndex: ReadonlyMap<string, number>, hostsMax: number) {
    this.#counterIndex = counterIndex;
    this.#hosts = new ByteDictionary(hostsMax);
    this.#store = new ColumnStore(counterIndex.size);
  }

  addSchema(schemaId: number, schemaJson: string): void {
    const context = { counterIndex: this.#counterIndex, hosts: this.#hosts, app: this.#app };
    this.#plans.set(schemaId, compilePlan(schemaJson, context));
  }

  knowsSchema(schemaId: number): boolean {
    return this.#plans.has(schemaId);
  }

  decode(values: readonly (Buffer | null)[]): CounterColumns {
    const store = this.#store;
    const evictedBefore = this.#hosts.evicted;
    store.reserve(values.length);
    this.#hosts.nextRound();
    this.#appNames.nextRound();
    this.#cursor.implausible = 0;
    const failures = new Map<number, DecodeFailure>();
    for (let row = 0; row < values.length; row++) {
      const failure = this.#decodeOne(values[row] as Buffer | null, row);
      if (failure === undefined) continue;
      failures.set(row, failure);
      store.clearRow(row);
    }
    if (this.#hosts.evicted > evictedBefore) hostsForgotten.inc(this.#hosts.evicted - evictedBefore);
    return store.answer(values.length, this.#hosts.keys, failures, this.#cursor.implausible);
  }

  #decodeOne(value: Buffer | null, row: number): DecodeFailure | undefined {
    if (value === null || value.length === 0) return { reason: 'empty', message: 'the record has no value' };
    const cursor = this.#cursor;
    if (value[0] !== 0) return wrongMagic(value);
    if (value.length < prefixBytes) return failureWords[readFailure.truncated];
    const schemaId = (value[1]! << 24) | (value[2]! << 16) | (value[3]! << 8) | value[4]!;
    const plan = this.#plans.get(schemaId);
    if (plan === undefined) return unknownSchema(schemaId);
    cursor.open(value, prefixBytes);
    const store = this.#store;
    const failure = plan(cursor, store.all, row, store.stride);
    if (failure !== readFailure.none) return failureWords[failure];
    store.hosts[row] = cursor.host;
    store.timesMs[row] = cursor.timeMs;
    store.intervalsMs[row] = cursor.intervalMs;
    store.app[row] = cursor.app;
    store.decoded[row] = 1;
    return undefined;
  }
}

const wrongMagic = (value: Buffer): DecodeFailure => ({
  reason: 'wrong_magic',
  message: `the first byte is ${value[0]}, expected 0 (Confluent wire format)`,
});

const unknownSchema = (schemaId: number): DecodeFailure => ({
  reason: 'unknown_schema',
  message: `schema id ${schemaId} is not in the registry`,
});
