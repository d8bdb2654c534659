import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { allAbsent, type ByteList, ByteSpans, isAbsent } from './byte-list.ts';

const parts = fc.array(fc.option(fc.uint8Array({ maxLength: 5 })), { maxLength: 8 });
const textOf = (list: ByteList): (string | null)[] =>
  Array.from(list, (bytes) => (bytes === null ? null : bytes.toString('hex')));

test('byte strings in one buffer are the byte strings that went in, whole and sliced', () => {
  fc.assert(
    fc.property(parts, fc.nat(8), fc.nat(8), (some, from, to) => {
      const buffers = some.map((part) => part && Buffer.from(part));
      const spans = ByteSpans.of(some);
      equal(spans.length, buffers.length);
      deepEqual(textOf(spans), textOf(buffers));
      deepEqual(textOf(spans.slice(from, to)), textOf(buffers.slice(from, to)));
      for (const [index, buffer] of buffers.entries()) {
        equal(isAbsent(spans, index), buffer === null);
        equal(isAbsent(buffers, index), buffer === null);
      }
      equal(allAbsent(spans), allAbsent(buffers));
      equal(spans.at(buffers.length), undefined);
    }),
  );
});
