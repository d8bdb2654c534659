import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { figureColumns, figuresOf, mergeFigures } from './figures.ts';
import { decodeSketch, emptySketch, encodeSketch, mergeSketches, quantilesOf, sketchOf } from './sketch.ts';

const of = (values: readonly number[]) => sketchOf(Float64Array.from(values), values.length);
/** The value at rank q · (n − 1), rounded down, by sorting. */
const exact = (values: readonly number[], q: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!;

test('an empty sketch has no quantile', () => {
  equal(quantilesOf(emptySketch, [0.5]), undefined);
});

test('one value is its own quantile within 1 %', () => {
  const [median] = quantilesOf(of([42]), [0.5])!;
  ok(Math.abs(median! - 42) <= 0.42);
});

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 });
const values = fc.array(fc.oneof(finite, fc.double({ min: 0, max: 100, noNaN: true }), fc.constant(0)), {
  minLength: 1,
  maxLength: 200,
});

test('every quantile is within 1 % of the exact one', () => {
  fc.assert(
    fc.property(values, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }), (numbers, qs) => {
      const ascending = [...qs].sort((a, b) => a - b);
      for (const [i, estimate] of quantilesOf(of(numbers), ascending)!.entries()) {
        const truth = exact(numbers, ascending[i]!);
        ok(Math.abs(estimate - truth) <= 0.01 * Math.abs(truth) * (1 + 1e-9) + 1e-9, `${estimate} for ${truth}`);
      }
    }),
  );
});

test('merged sketches are the sketch of all values, in either order', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      deepEqual(mergeSketches(of(a), of(b)), of([...a, ...b]));
      deepEqual(mergeSketches(of(b), of(a)), of([...a, ...b]));
    }),
  );
});

test('a sketch comes back from its bytes', () => {
  fc.assert(fc.property(values, (numbers) => deepEqual(decodeSketch(encodeSketch(of(numbers))), of(numbers))));
  throws(() => decodeSketch(Buffer.from([0x80])), RangeError);
});

test('a sketch of 6,000 values of one magnitude takes few bytes', () => {
  const spread = Array.from({ length: 6_000 }, (_, i) => 20 + (i % 100) / 5);
  ok(encodeSketch(of(spread)).length < 120);
});

test('figures merge into those of both windows, hosts count once', () => {
  const one = figuresOf(Float64Array.of(1, 3), 2, 20)!;
  const two = figuresOf(Float64Array.of(5), 1, 10)!;
  const both = mergeFigures(one, two);
  deepEqual([both.hosts, both.samples, both.count, both.sum], [2, 30, 3, 9]);
  deepEqual(figureColumns(both).slice(0, 3), [3, 1, 5]);
  deepEqual(mergeFigures(undefined, one), one);
  equal(figuresOf(new Float64Array(0), 0, 0), undefined);
});

test('percentiles of one host are its value', () => {
  deepEqual(figureColumns(figuresOf(Float64Array.of(7.25), 1, 10)!), Array(9).fill(7.25));
});
