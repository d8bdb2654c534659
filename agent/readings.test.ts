import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteCursor } from './byte-cursor.ts';
import { isValue, largestOf, over, rate, rise, sumOf } from './readings.ts';

const asRead = (total: bigint): number => new ByteCursor(Buffer.from(`${total}`)).integer();

test('the rise of a total is exact at any size, across the 64-bit wrap too, up to 2^36 a sample', () => {
  const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const step = fc.bigInt({ min: 0n, max: 2n ** 36n - 1n });
  const anywhere = fc.oneof(
    uint64,
    fc.bigInt({ min: 1n, max: 2n ** 36n }).map((below) => 2n ** 64n - below),
  );
  fc.assert(
    fc.property(anywhere, step, (before, by) => {
      const after = BigInt.asUintN(64, before + by);
      equal(rise({ previous: asRead(before), current: asRead(after) }), Number(by));
    }),
  );
});

test('a total that is 32 or 48 bits wide goes on after its wrap', () => {
  fc.assert(
    fc.property(fc.constantFrom(32, 48), fc.nat(), fc.nat(1_000_000), (bits, start, by) => {
      const before = BigInt.asUintN(bits, BigInt(start) - 500_000n);
      const after = BigInt.asUintN(bits, before + BigInt(by));
      equal(rise({ previous: asRead(before), current: asRead(after), bits: bits === 32 ? 32 : 48 }), by);
    }),
  );
});

test('a fall that is no wrap is a reset: too far for the width, or of a 64-bit total', () => {
  equal(rise({ previous: 1_000, current: 0, bits: 32 }), 'reset');
  equal(rise({ previous: 2 ** 32 - 1, current: 0, bits: 64 }), 'reset');
  equal(rise({ previous: 5, current: 4 }), 'reset');
});

test('a large 64-bit total that starts again is a reset, not a giant rate', () => {
  for (const total of [400e12, 562e12, 5e15, 9e15, 2 ** 50 + 2 ** 49 - 1])
    equal(rate({ previous: asRead(BigInt(total)), current: 10, elapsedS: 1 }), 'reset', `${total}`);
});

test('the first sample has no rate, and a total that could not be read is implausible', () => {
  equal(rate({ previous: undefined, current: 7, elapsedS: 1 }), 'first_sample');
  equal(rate({ previous: 7, current: Number.NaN, elapsedS: 1 }), 'implausible');
  equal(rate({ previous: 7, current: 8, elapsedS: 0 }), 'implausible');
  equal(rate({ previous: 7, current: 10, elapsedS: 1.5 }), 2);
});

test('a quotient passes reasons on, and nothing to divide by is no event', () => {
  deepEqual([over(1, 4), over(3, 0), over('reset', 1), over(1, 'no_pmu')], [0.25, 'no_events', 'reset', 'no_pmu']);
});

test('sums leave out what is new, and are implausible when a part is', () => {
  equal(sumOf([1, 'first_sample', 2], 'no_device'), 3);
  equal(sumOf([1, 'implausible'], 'no_device'), 'implausible');
  equal(sumOf(['first_sample', 'reset'], 'no_device'), 'first_sample');
  equal(sumOf([], 'no_device'), 'no_device');
  equal(largestOf([1, 5, 'reset'], 'no_device'), 5);
});

test('no pair of numbers gives a rate that is not a number', () => {
  fc.assert(
    fc.property(fc.double(), fc.double(), fc.double(), (previous, current, elapsedS) => {
      const reading = rate({ previous, current, elapsedS });
      equal(isValue(reading) && Number.isNaN(reading), false);
    }),
  );
});
