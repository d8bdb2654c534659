import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.ts';

const take = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.uniform());

test('the same seed and stream give the same numbers on every machine', () => {
  deepEqual(
    take(new Random(42), 3).map((x) => x.toFixed(9)),
    ['0.964681125', '0.454690825', '0.539004891'],
  );
});

test('another seed or stream gives other numbers', () => {
  const first = (seed: number, stream: number) => new Random(seed, stream).uniform();
  equal(new Set([first(1, 0), first(2, 0), first(1, 1), first(1, 2)]).size, 4);
});

test('means and variances are those of the distributions', () => {
  const random = new Random(7);
  const count = 200_000;
  const sums = { uniform: 0, exponential: 0, normal: 0, square: 0 };
  for (let i = 0; i < count; i++) {
    sums.uniform += random.uniform();
    sums.exponential += random.exponential(3);
    const z = random.normal();
    sums.normal += z;
    sums.square += z * z;
  }
  const near = (sum: number, mean: number, within: number) => equal(Math.abs(sum / count - mean) < within, true);
  near(sums.uniform, 0.5, 0.004);
  near(sums.exponential, 3, 0.035);
  near(sums.normal, 0, 0.01);
  near(sums.square, 1, 0.02);
});
