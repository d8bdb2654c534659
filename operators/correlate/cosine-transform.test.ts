import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { CosineTransform, cosinesMax } from './cosine-transform.ts';
import { normals } from './testing/series.ts';

function transformed(a: Float64Array, b: Float64Array) {
  const transform = new CosineTransform();
  const out = new Float64Array(cosinesMax);
  transform.prepare(a.length, a.length);
  transform.project(a, 0, b, 0, a.length, out);
  return { out, count: transform.count };
}

/** Written out, step by step. */
const projection = (a: Float64Array, b: Float64Array, cosine: number): number =>
  a.reduce((sum, value, t) => sum + value * b[t]! * Math.cos((Math.PI * cosine * (t + 0.5)) / a.length), 0);

for (const length of [12, 59, 60, 61, 119])
  test(`projections of ${length} steps are those of the cosines themselves`, () => {
    const next = normals(length);
    const [a, b] = [0, 1].map(() => Float64Array.from({ length }, next)) as [Float64Array, Float64Array];
    const { out, count } = transformed(a, b);
    for (let cosine = 1; cosine <= count; cosine++)
      ok(Math.abs(out[cosine - 1]! - projection(a, b, cosine)) < 1e-9, `${cosine}`);
  });

for (const length of [300, 3_599, 3_600])
  test(`${length} steps in blocks keep what is slow to a few per cent`, () => {
    const ones = new Float64Array(length).fill(1);
    for (let cosine = 1; cosine <= 12; cosine++) {
      const slow = Float64Array.from({ length }, (_, t) => Math.cos((Math.PI * cosine * (t + 0.5)) / length));
      const { out, count } = transformed(slow, ones);
      equal(count, 12);
      ok(Math.abs(out[cosine - 1]! / (length / 2) - 1) < 0.05, `${cosine}: ${out[cosine - 1]}`);
    }
  });

test('there are 0.4 n^(2/3) cosines, an even number from 4 to 12', () => {
  const counts = [5, 30, 60, 100, 300, 3_600].map((n) => {
    const transform = new CosineTransform();
    transform.prepare(n, n);
    return transform.count;
  });
  equal(counts.join(), '4,4,6,8,12,12');
});
