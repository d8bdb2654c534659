import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { hasCode } from '../base/errors.ts';
import type { DecodeFailure } from './counter-columns.ts';
import { createCounterDecoder } from './counter-decoder.ts';

const counterIndex = new Map([
  ['cpu_busy_ratio', 0],
  ['rx_bytes_per_s', 1],
]);
const schema = (fields: readonly unknown[]) => ({
  type: 'record',
  name: 'HostCounters',
  namespace: 'dyno',
  fields: [{ name: 'host', type: 'string' }, { name: 'time_ms', type: 'long' }, ...fields],
});
const nullable = (name: string) => ({ name, type: ['null', 'double'] });
const usual = schema([
  { name: 'interval_ms', type: 'double' },
  nullable('cpu_busy_ratio'),
  nullable('rx_bytes_per_s'),
  { name: 'app', type: ['null', { type: 'map', values: 'double' }], default: null },
]);

const encode = (value: object, of: object = usual, id = 7): Buffer => {
  const type = avro.Type.forSchema(of as avro.Schema, { wrapUnions: false });
  const prefix = Buffer.alloc(5);
  prefix.writeInt32BE(id, 1);
  return Buffer.concat([prefix, type.toBuffer(value)]);
};
const sample = {
  host: 'web1',
  time_ms: 1_700_000_001_000,
  interval_ms: 1_000.5,
  cpu_busy_ratio: 0.25,
  rx_bytes_per_s: null,
  app: null,
};
const decoderOf = (of: object = usual) => {
  const decoder = createCounterDecoder({ counterIndex });
  decoder.addSchema(7, JSON.stringify(of));
  return decoder;
};

test('puts a record into columns of the catalogue, a missing value is NaN', () => {
  const columns = decoderOf().decode([encode(sample), encode({ ...sample, host: 'web2', rx_bytes_per_s: 5 })]);
  equal(columns.count, 2);
  deepEqual([...columns.hosts.subarray(0, 2)], [0, 1]);
  deepEqual(columns.hostNames, ['web1', 'web2']);
  deepEqual([...columns.timesMs.subarray(0, 2)], [1_700_000_001_000, 1_700_000_001_000]);
  equal(columns.intervalsMs[0], 1_000.5);
  deepEqual([...columns.columns[0]!.subarray(0, 2)], [0.25, 0.25]);
  deepEqual([...columns.columns[1]!.subarray(0, 2)], [Number.NaN, 5]);
  deepEqual([...columns.decoded.subarray(0, 2)], [1, 1]);
});

test('an empty batch gives no rows', () => {
  equal(decoderOf().decode([]).count, 0);
});

test('takes fields in any order and type, without what the catalogue does not know', () => {
  const other = {
    type: 'record',
    name: 'Other',
    fields: [
      { name: 'rx_bytes_per_s', type: ['long', 'string', 'null'] },
      { name: 'tags', type: { type: 'map', values: { type: 'array', items: ['null', 'string'] } } },
      { name: 'colour', type: { type: 'enum', name: 'Colour', symbols: ['red', 'green'] } },
      { name: 'time_ms', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'tree', type: { type: 'record', name: 'Tree', fields: [{ name: 'next', type: ['null', 'Tree'] }] } },
      { name: 'id', type: { type: 'fixed', name: 'Id', size: 3 } },
      { name: 'host', type: 'string' },
    ],
  };
  const value = {
    rx_bytes_per_s: -70_000_000_000,
    tags: { a: ['x', null], b: [] },
    colour: 'green',
    time_ms: 2_000,
    tree: { next: { next: { next: null } } },
    id: Buffer.from('abc'),
    host: 'h',
  };
  const columns = decoderOf(other).decode([encode(value, other), encode({ ...value, rx_bytes_per_s: 'no' }, other)]);
  deepEqual([...columns.failures], []);
  deepEqual([...columns.columns[1]!.subarray(0, 2)], [-70_000_000_000, Number.NaN]);
  equal(columns.columns[0]![0], Number.NaN);
  equal(columns.intervalsMs[0], Number.NaN);
});

test('NaN and infinite values are no value and counted, the record stays', () => {
  const app = { good: 1, bad: Number.NaN };
  const columns = decoderOf().decode([
    encode({ ...sample, cpu_busy_ratio: Number.POSITIVE_INFINITY, rx_bytes_per_s: Number.NaN, app }),
  ]);
  deepEqual([columns.columns[0]![0], columns.columns[1]![0]], [Number.NaN, Number.NaN]);
  equal(columns.implausible, 3);
  equal(columns.decoded[0], 1);
  deepEqual([...columns.app[0]!], [['good', 1]]);
});

const good = encode(sample);
const broken: [says: string, value: Buffer | null, reason: DecodeFailure['reason']][] = [
  ['no value', null, 'empty'],
  ['an empty value', Buffer.alloc(0), 'empty'],
  ['another magic byte', Buffer.concat([Buffer.from([1]), good.subarray(1)]), 'wrong_magic'],
  ['a prefix cut short', good.subarray(0, 3), 'truncated'],
  ['an unknown schema', encode(sample, usual, 8), 'unknown_schema'],
  ['a record cut short', good.subarray(0, good.length - 1), 'truncated'],
  ['a record cut within a double', good.subarray(0, good.length - 6), 'truncated'],
  ['a byte too many', Buffer.concat([good, Buffer.from([0])]), 'trailing_bytes'],
  ['a host of negative length', Buffer.concat([good.subarray(0, 5), Buffer.from([3])]), 'malformed'],
  ['a varint without end', Buffer.concat([good.subarray(0, 5), Buffer.alloc(11, 0xff)]), 'malformed'],
  ['a host longer than the record', Buffer.concat([good.subarray(0, 5), Buffer.from([0xfe, 0x7f])]), 'truncated'],
  ['an empty host', encode({ ...sample, host: '' }), 'no_host'],
  ['a host of 256 bytes', encode({ ...sample, host: 'h'.repeat(256) }), 'no_host'],
  ['time zero', encode({ ...sample, time_ms: 0 }), 'bad_time'],
  ['a time before 1970', encode({ ...sample, time_ms: -1 }), 'bad_time'],
];
for (const [says, value, reason] of broken) {
  test(`${says} is a failure "${reason}" and its neighbours decode`, () => {
    const columns = decoderOf().decode([good, value, good]);
    equal(columns.failures.get(1)?.reason, reason);
    deepEqual([...columns.decoded.subarray(0, 3)], [1, 0, 1]);
    deepEqual([columns.columns[0]![1], columns.timesMs[1]], [Number.NaN, Number.NaN]);
    deepEqual([columns.columns[0]![0], columns.columns[0]![2]], [0.25, 0.25]);
  });
}

test('a schema without host, time or sense is refused with its code', () => {
  const decoder = createCounterDecoder({ counterIndex });
  for (const bad of ['{', '"long"', '{"type":"record","name":"A","fields":[]}', '{"type":"array","items":"Nope"}'])
    throws(
      () => decoder.addSchema(1, bad),
      (error) => hasCode(error, 'DYNO_NATIVE_SCHEMA_UNUSABLE'),
    );
  equal(decoder.knowsSchema(1), false);
});

test('host numbers stay the same from batch to batch, and forgotten hosts give theirs away', () => {
  const decoder = createCounterDecoder({ counterIndex, hostsMax: 4 });
  decoder.addSchema(7, JSON.stringify(usual));
  const hostsOf = (names: string[]) => {
    const { hosts, hostNames } = decoder.decode(names.map((host) => encode({ ...sample, host })));
    return names.map((name, row) => {
      equal(hostNames[hosts[row]!], name);
      return hosts[row]!;
    });
  };
  deepEqual(hostsOf(['a', 'b', 'c']), [0, 1, 2]);
  deepEqual(hostsOf(['c', 'b']), [2, 1]);
  deepEqual(hostsOf(['d', 'e']), [3, 0]);
  deepEqual(hostsOf(['e', 'd', 'c']), [0, 3, 2]);
});

test('a count of nulls without end costs nothing', () => {
  const nulls = schema([{ name: 'nulls', type: { type: 'array', items: 'null' } }]);
  const head = encode({ host: 'h', time_ms: 1, nulls: [] }, nulls);
  const endless = Buffer.concat([head.subarray(0, -1), Buffer.from([...Array(8).fill(0xfe), 0x7f, 0])]);
  const columns = decoderOf(nulls).decode([endless]);
  ok(columns.decoded[0] === 1);
});
