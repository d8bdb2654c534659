import type { ByteList } from '../base/byte-list.ts';
import { AppReader } from './app-reader.ts';
import { AvroCursor, readFailure } from './avro/avro-cursor.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { ColumnStore } from './column-store.ts';
import type { CounterColumns, CounterDecoder, DecodeFailure } from './counter-columns.ts';
import { decodeFailure } from './decode-failures.ts';
import { compilePlan, type DecodePlan } from './decode-plan.ts';
import { appNamesMax, type DecoderLimits, hostsForgotten } from './decoder-limits.ts';

const prefixBytes = 5;

/** The decoder in JavaScript, compiled once per writer schema: the specification of the addon, and its stand-in. */
export class CompiledDecoder implements CounterDecoder {
  readonly #plans = new Map<number, DecodePlan>();
  readonly #counterIndex: ReadonlyMap<string, number>;
  readonly #hosts: ByteDictionary;
  readonly #appNames = new ByteDictionary(appNamesMax);
  readonly #app = new AppReader(this.#appNames);
  readonly #cursor = new AvroCursor();
  readonly #store: ColumnStore;

  constructor({ counterIndex, hostsMax }: DecoderLimits) {
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

  decode(values: ByteList): CounterColumns {
    const store = this.#store;
    const evictedBefore = this.#hosts.evicted;
    store.reserve(values.length);
    this.#hosts.nextRound();
    this.#appNames.nextRound();
    this.#cursor.implausible = 0;
    const failures = new Map<number, DecodeFailure>();
    for (let row = 0; row < values.length; row++) {
      const failure = this.#decodeOne(values.at(row) ?? null, row);
      if (failure === undefined) continue;
      failures.set(row, failure);
      store.clearRow(row);
    }
    if (this.#hosts.evicted > evictedBefore) hostsForgotten.inc(this.#hosts.evicted - evictedBefore);
    return store.answer(values.length, this.#hosts.keys, failures, this.#cursor.implausible);
  }

  #decodeOne(value: Buffer | null, row: number): DecodeFailure | undefined {
    if (value === null || value.length === 0) return decodeFailure(readFailure.empty);
    const cursor = this.#cursor;
    if (value[0] !== 0) return decodeFailure(readFailure.wrongMagic, value[0]);
    if (value.length < prefixBytes) return decodeFailure(readFailure.truncated);
    const schemaId = (value[1]! << 24) | (value[2]! << 16) | (value[3]! << 8) | value[4]!;
    const plan = this.#plans.get(schemaId);
    if (plan === undefined) return decodeFailure(readFailure.unknownSchema, schemaId);
    cursor.open(value, prefixBytes);
    const store = this.#store;
    const failure = plan(cursor, store.all, row, store.stride);
    if (failure !== readFailure.none) return decodeFailure(failure);
    store.hosts[row] = cursor.host;
    store.timesMs[row] = cursor.timeMs;
    store.intervalsMs[row] = cursor.intervalMs;
    store.app[row] = cursor.app;
    store.decoded[row] = 1;
    return undefined;
  }
}
