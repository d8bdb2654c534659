import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { studentT, studentT95 } from './student-t.ts';

test('two-sided 95 % quantiles are those of the published table within 0.2 %', () => {
  for (const [degreesOfFreedom, published] of [
    [4, 2.776],
    [5, 2.571],
    [7, 2.365],
    [10, 2.228],
    [15, 2.131],
    [30, 2.042],
    [60, 2.0],
    [120, 1.98],
  ] as const)
    ok(Math.abs(studentT95(degreesOfFreedom) / published - 1) < 0.002, `${degreesOfFreedom}`);
});

test('one-sided 99.5 % with 9 degrees of freedom is 3.250', () => {
  ok(Math.abs(studentT(2.575829, 9) / 3.25 - 1) < 0.002, `${studentT(2.575829, 9)}`);
});

test('fewer than 3 degrees of freedom count as 3, many as the normal distribution, zero stays zero', () => {
  equal(studentT95(1), studentT95(3));
  ok(Math.abs(studentT95(3) / 3.182 - 1) < 0.02);
  ok(Math.abs(studentT95(1e9) - 1.959964) < 1e-6);
  equal(studentT(0, 5), 0);
});
