import { equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import fc from 'fast-check';
import { boundsCheckOf } from './avro-bounds.ts';

/** A type with every shape that Avro knows, and a record that contains itself. */
const type = avro.Type.forSchema({
  type: 'record',
  name: 'Everything',
  fields: [
    { name: 'flag', type: 'boolean' },
    { name: 'whole', type: 'int' },
    { name: 'long', type: 'long' },
    { name: 'single', type: 'float' },
    { name: 'double', type: 'double' },
    { name: 'text', type: 'string' },
    { name: 'bytes', type: 'bytes' },
    { name: 'choice', type: { type: 'enum', name: 'Choice', symbols: ['A', 'B'] } },
    { name: 'four', type: { type: 'fixed', name: 'Four', size: 4 } },
    { name: 'maybe', type: ['null', 'double'] },
    { name: 'list', type: { type: 'array', items: 'long' } },
    { name: 'map', type: { type: 'map', values: 'string' } },
    { name: 'inner', type: ['null', 'Everything'] },
  ],
});
const check = boundsCheckOf(type);
const value = (inner: unknown, text: string, list: number[]): Record<string, unknown> => ({
  flag: true,
  whole: -1_000_000,
  long: 2 ** 52,
  single: 0.5,
  double: Number.NaN,
  text,
  bytes: Buffer.from(text),
  choice: 'B',
  four: Buffer.alloc(4),
  maybe: list[0] ?? null,
  list,
  map: { [text]: text },
  inner,
});
const values = fc
  // avsc writes longs up to ±(2^53 − 2).
  .tuple(fc.string(), fc.array(fc.integer({ min: -(2 ** 53) + 2, max: 2 ** 53 - 2 })), fc.boolean())
  .map(([text, list, nested]) => value(nested ? value(null, text, []) : null, text, list));

test('the walk ends where avsc ends', () => {
  fc.assert(fc.property(values, (record) => equal(check(type.toBuffer(record), 0), type.toBuffer(record).length)));
});

test('a record cut anywhere is refused', () => {
  const whole = type.toBuffer(value(value(null, 'a', []), 'bc', [1, -2]));
  for (let length = 0; length < whole.length; length++) throws(() => check(whole.subarray(0, length), 0), RangeError);
});

test('a block of an array that says its size in bytes is walked', () => {
  const list = avro.Type.forSchema({ type: 'array', items: 'long' });
  // Count −2 with 2 bytes, the numbers 1 and 2, then the end.
  equal(boundsCheckOf(list)(Buffer.from([3, 4, 2, 4, 0]), 0), 5);
});

test('a count beyond what the buffer holds is refused without walking it', () => {
  const list = avro.Type.forSchema({ type: 'array', items: 'string' });
  const claims = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]);
  throws(() => boundsCheckOf(list)(claims, 0), /items claimed at byte 0, too many for the buffer/);
});

test('a number that never ends is refused', () => {
  const long = avro.Type.forSchema('long');
  throws(() => boundsCheckOf(long)(Buffer.alloc(12, 0xff), 0), /number longer than 10 bytes/);
});
