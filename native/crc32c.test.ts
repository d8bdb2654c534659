import { equal } from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c, crc32cByTables } from './crc32c.ts';

/** A second opinion: kafkajs's own. */
const kafkajsCrc = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (
  bytes: Buffer,
) => number;

test('the check value of CRC-32C is the published one', () => {
  equal(crc32c(Buffer.from('123456789'), 0, 9), 0xe3069283);
  equal(crc32cByTables(Buffer.from('123456789'), 0, 9), 0xe3069283);
});

test('with the addon and without it check sums are those of kafkajs, for any length and place', () => {
  const sized = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ minLength: 1_000, maxLength: 1_100 }));
  fc.assert(
    fc.property(sized, fc.nat(30), fc.nat(9), (part, from, less) => {
      const bytes = Buffer.from(part);
      const start = Math.min(from, bytes.length);
      const end = Math.max(start, bytes.length - less);
      const expected = kafkajsCrc(bytes.subarray(start, end));
      equal(crc32c(bytes, start, end), expected);
      equal(crc32cByTables(bytes, start, end), expected);
    }),
  );
});
