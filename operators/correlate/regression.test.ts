import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { correlationFigures } from '../../schemas/blocks.ts';
import { correlated, type Figures } from './testing/correlated.ts';

const untold = (line: Figures): string => correlationFigures.filter((name) => Number.isNaN(line[name])).join(' ');

test('a line without noise has r = 1, no residuals and intervals of no width', () => {
  const xs = [1, 4, 2, 8, 5, 7, 1, 4, 2, 8, 5, 7];
  const line = correlated(
    xs,
    xs.map((x) => 3 - 2 * x),
  );
  deepEqual([line.r, line.r2, line.slope, line.intercept, line.residual_sd], [-1, 1, -2, 3, 0]);
  deepEqual([line.r_lo, line.r_hi, line.slope_lo, line.slope_hi], [-1, -1, -2, -2]);
});

const cases: [says: string, xs: number[], ys: number[], n: number, figures: string][] = [
  [
    'two points always lie on a line: no correlation',
    [1, 2],
    [5, 7],
    2,
    'n_eff r slope intercept r2 residual_sd lag_s r_lo r_hi slope_lo slope_hi',
  ],
  [
    'one point has means alone',
    [1],
    [5],
    1,
    'n_eff r slope intercept r2 residual_sd sd_x sd_y lag_s r_lo r_hi slope_lo slope_hi',
  ],
  [
    'no common point has nothing',
    [1, Number.NaN],
    [Number.NaN, 2],
    0,
    'n_eff r slope intercept r2 residual_sd mean_x sd_x mean_y sd_y lag_s r_lo r_hi slope_lo slope_hi',
  ],
  [
    'a constant x has no slope',
    Array(20).fill(3),
    [...Array(20).keys()],
    20,
    'n_eff r slope intercept r2 residual_sd lag_s r_lo r_hi slope_lo slope_hi',
  ],
  [
    'a constant y has a slope of 0 and no correlation',
    [...Array(20).keys()],
    Array(20).fill(3),
    20,
    'n_eff r r2 lag_s r_lo r_hi',
  ],
];
const inOrder = (names: string): string => {
  const wanted = new Set(names.split(' '));
  return correlationFigures.filter((name) => wanted.has(name)).join(' ');
};
for (const [says, xs, ys, n, figures] of cases)
  test(says, () => {
    const line = correlated(xs, ys);
    equal(line.n, n);
    equal(untold(line), inOrder(figures));
  });

test('points that do not come together are left out of the pair', () => {
  const line = correlated([1, 2, 3, Number.NaN, 4, 9], [2, 4, 6, 100, 8, Number.POSITIVE_INFINITY]);
  deepEqual([line.n, line.slope, line.mean_x], [4, 2, 2.5]);
});
