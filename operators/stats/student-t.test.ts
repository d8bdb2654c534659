import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { studentT, studentT95, studentT95OrNaN } from './student-t.ts';

test('two-sided 95 % quantiles are those of the published table within 0.2 %', () => {
  for (const [degreesOfFreedom, published] of [
    [3, 3.18245],
    [4, 2.77645],
    [5, 2.57058],
    [7, 2.36462],
    [10, 2.22814],
    [15, 2.13145],
    [30, 2.04227],
    [60, 2.0003],
    [120, 1.97993],
  ] as const)
    ok(Math.abs(studentT95(degreesOfFreedom) / published - 1) < 0.002, `${degreesOfFreedom}`);
});

test('one-sided 99.5 % with 9 degrees of freedom is 3.250', () => {
  ok(Math.abs(studentT(2.575829, 9) / 3.25 - 1) < 0.002, `${studentT(2.575829, 9)}`);
});

test('fewer than 3 degrees of freedom count as 3, many as the normal distribution, zero stays zero', () => {
  equal(studentT95(1), studentT95(3));
  ok(Math.abs(studentT95(1e9) - 1.959964) < 1e-6);
  equal(studentT(0, 5), 0);
});

test('where no interval is wanted with fewer than 3 degrees of freedom there is no quantile', () => {
  equal(studentT95OrNaN(2.9), Number.NaN);
  equal(studentT95OrNaN(Number.NaN), Number.NaN);
  equal(studentT95OrNaN(3), studentT95(3));
});
