import { deepEqual, equal, throws } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../base/errors.ts';
import { type BlockRecord, blockEnd, decodeBlock, encodeBlock } from './block.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each));
const record = fc.record({
  gap: fc.nat(3),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.option(fc.dictionary(fc.string({ maxLength: 5 }), bytes, { maxKeys: 3, noNullPrototype: true }), {
    nil: undefined,
  }),
});

test('any records come out of a block as they went in, with gaps in their offsets', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), fc.nat(2 ** 40), (records, baseOffset) => {
      let offset = baseOffset - 1 - records[0]!.gap;
      const wanted = records.map(({ gap, ...rest }): BlockRecord => {
        offset += 1 + gap;
        return { ...rest, offset };
      });
      const encoded = encodeBlock(wanted, 1_700_000_000_123);
      const block = decodeBlock(encoded, 'test');
      equal(block.appendTimeMs, 1_700_000_000_123);
      deepEqual(blockEnd(encoded), { count: wanted.length, lastOffset: offset });
      wanted.forEach((each, i) => {
        equal(block.offsets[i], each.offset);
        deepEqual(block.keys[i], each.key);
        deepEqual(block.values[i], each.value);
        deepEqual({ ...block.headers[i] }, { ...each.headers });
      });
    }),
  );
});

test('a block with any byte changed, cut or added is refused as torn', () => {
  const whole = encodeBlock([{ offset: 7, key: Buffer.from('key'), value: Buffer.from('value') }], 1);
  const torn = (error: unknown) => hasCode(error, 'DYNO_LOG_TORN');
  for (let at = 0; at < whole.length; at += 1) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 0x10;
    throws(() => decodeBlock(changed, 'test'), torn, `byte ${at}`);
    throws(() => decodeBlock(whole.subarray(0, at), 'test'), torn, `cut at ${at}`);
  }
  throws(() => decodeBlock(Buffer.concat([whole, Buffer.from([0])]), 'test'), torn);
});
