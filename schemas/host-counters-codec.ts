import avro from 'avsc';
import { avroCodec, type ValueCodec } from './avro-codec.ts';
import type { CounterDefinition } from './counter.ts';
import { counters } from './counters.ts';
import { hostCountersSchema } from './host-counters.ts';
import { wirePrefixBytes, writeWirePrefix } from './wire-format.ts';

/** What one host says of one second; `values[i]` is counter i of the catalogue, NaN = no value. */
export interface HostCounters {
  readonly host: string;
  readonly timeMs: number;
  readonly intervalMs: number;
  readonly sequence: number;
  readonly values: Float64Array;
  /** Application values outside the catalogue. */
  readonly app?: ReadonlyMap<string, number>;
}

/**
 * Record by record, through avsc: for tools and tests. The stages decode whole batches into columns (`native/`), and
 * the agent writes with `encodeHostCounters`.
 */
export function hostCountersCodec(catalogue: readonly CounterDefinition[] = counters): ValueCodec<HostCounters> {
  return avroCodec<HostCounters>({
    name: 'dyno.counters.v1',
    schemaJson: hostCountersSchema(catalogue),
    toAvro: (sample) => ({
      host: sample.host,
      time_ms: sample.timeMs,
      interval_ms: sample.intervalMs,
      sequence: sample.sequence,
      ...Object.fromEntries(catalogue.map(({ name }, i) => [name, numberOrNull(sample.values[i])])),
      app: Object.fromEntries(sample.app ?? []),
    }),
    fromAvro: (decoded) => sampleOf(decoded as Readonly<Record<string, unknown>>, catalogue),
  });
}

function sampleOf(record: Readonly<Record<string, unknown>>, catalogue: readonly CounterDefinition[]): HostCounters {
  const app = new Map(Object.entries(record['app'] as Record<string, number>));
  return {
    host: record['host'] as string,
    timeMs: record['time_ms'] as number,
    intervalMs: record['interval_ms'] as number,
    sequence: record['sequence'] as number,
    values: Float64Array.from(catalogue, ({ name }) => (record[name] as number | null) ?? Number.NaN),
    ...(app.size > 0 && { app }),
  };
}

const numberOrNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

const longType = avro.Type.forSchema('long');

/**
 * A sample as the value of a record, the same bytes as through avsc at a fraction of the cost: the agent's share of the
 * host is small. An infinite value travels as it is; the reader counts it as implausible.
 */
export function encodeHostCounters(sample: HostCounters, schemaId: number): Buffer {
  const host = Buffer.from(sample.host);
  const head = [longType.toBuffer(host.length), host, longType.toBuffer(sample.timeMs), doubleBytes(sample.intervalMs)];
  const sequence = longType.toBuffer(sample.sequence);
  const app = appBytes(sample.app);
  const headBytes = head.reduce((sum, part) => sum + part.length, sequence.length);
  const value = Buffer.allocUnsafe(wirePrefixBytes + headBytes + sample.values.length * 9 + app.length);
  writeWirePrefix(value, schemaId);
  let at = wirePrefixBytes;
  for (const part of [...head, sequence]) at += part.copy(value, at);
  at = writeNullableDoubles(value, at, sample.values);
  at += app.copy(value, at);
  return value.subarray(0, at);
}

function writeNullableDoubles(value: Buffer, from: number, numbers: Float64Array): number {
  let at = from;
  for (const number of numbers) {
    if (Number.isNaN(number)) {
      value[at++] = 0;
    } else {
      value[at] = 2;
      at = value.writeDoubleLE(number, at + 1);
    }
  }
  return at;
}

function doubleBytes(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(number);
  return bytes;
}

const emptyMap = Buffer.from([0]);

function appBytes(app: ReadonlyMap<string, number> | undefined): Buffer {
  if (app === undefined || app.size === 0) return emptyMap;
  const parts = [longType.toBuffer(app.size)];
  for (const [name, number] of app) {
    const text = Buffer.from(name);
    parts.push(longType.toBuffer(text.length), text, doubleBytes(number));
  }
  return Buffer.concat([...parts, emptyMap]);
}
