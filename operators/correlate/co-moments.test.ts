import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CoMoments } from './co-moments.ts';
import { correlated } from './testing/correlated.ts';
import { rationalMoments } from './testing/rational.ts';
import { twoPass } from './testing/series.ts';

function momentsOf(xs: readonly number[], ys: readonly number[]): CoMoments {
  const moments = new CoMoments(1);
  for (const [i, x] of xs.entries()) moments.add(0, x, ys[i]!);
  return moments;
}

const digits = (value: number, truth: number): number =>
  value === truth ? 17 : -Math.log10(Math.abs((value - truth) / truth));

const figuresOf = (m: CoMoments) => [m.count[0]!, m.meanX(0), m.meanY(0), m.sxx[0]!, m.syy[0]!, m.sxy[0]!];

// NIST Statistical Reference Datasets, linear regression, Norris: 36 observations of y against x.
const norris = [
  [0.2, 0.1],
  [337.4, 338.8],
  [118.2, 118.1],
  [884.6, 888.0],
  [10.1, 9.2],
  [226.5, 228.1],
  [666.3, 668.5],
  [996.3, 998.5],
  [448.6, 449.1],
  [777.0, 778.9],
  [558.2, 559.2],
  [0.4, 0.3],
  [0.6, 0.1],
  [775.5, 778.1],
  [666.9, 668.8],
  [338.0, 339.3],
  [447.5, 448.9],
  [11.6, 10.8],
  [556.0, 557.7],
  [228.1, 228.3],
  [995.8, 998.0],
  [887.6, 888.8],
  [120.2, 119.6],
  [0.3, 0.3],
  [0.3, 0.6],
  [556.8, 557.6],
  [339.1, 339.3],
  [887.2, 888.0],
  [999.0, 998.5],
  [779.0, 778.9],
  [11.1, 10.2],
  [118.3, 117.6],
  [229.2, 228.9],
  [669.1, 668.4],
  [448.9, 449.2],
  [0.5, 0.2],
] as const;

test('Norris of NIST: slope to 12 digits, intercept and residuals to 9', () => {
  const line = correlated(
    norris.map(([x]) => x),
    norris.map(([, y]) => y),
  );
  equal(line.n, 36);
  ok(digits(line.slope, 1.00211681802045) >= 12, `${line.slope}`);
  ok(digits(line.intercept, -0.262323073774029) >= 10, `${line.intercept}`);
  ok(digits(line.residual_sd, 0.884796396144373) >= 10, `${line.residual_sd}`);
  ok(digits(line.r2, 0.999993745883712) >= 13, `${line.r2}`);
});

test('a mean of 1e7 and a spread of 0.1 keep nine digits of every figure', () => {
  // As NumAcc4 of NIST: 10000000.2, then 0.1 and 0.3 by turns.
  const xs = Array.from({ length: 1_001 }, (_, i) =>
    i === 0 ? 10_000_000.2 : i % 2 === 1 ? 10_000_000.1 : 10_000_000.3,
  );
  const ys = xs.map((x, i) => x + 0.05 * Math.sin(i));
  const truth = rationalMoments(xs, ys);
  const line = correlated(xs, ys);
  for (const name of ['sd_x', 'sd_y', 'r', 'slope', 'residual_sd'] as const)
    ok(digits(line[name], truth[name]) >= 9, `${name} ${line[name]} for ${truth[name]}`);
});

test('the same over 20,000 points, merged from minutes', () => {
  const xs = Array.from({ length: 20_000 }, (_, i) => 10_000_000.2 + 0.1 * Math.sin(i * i));
  const ys = xs.map((x, i) => 3 * x + 0.05 * Math.sin(i));
  const merged = new CoMoments(1);
  for (let at = 0; at < xs.length; at += 60) merged.merge(0, momentsOf(xs.slice(at, at + 60), ys.slice(at, at + 60)));
  const truth = rationalMoments(xs, ys);
  ok(digits(merged.sxx[0]!, truth.sxx) >= 11);
  ok(digits(merged.sxy[0]! / merged.sxx[0]!, truth.slope) >= 11);
});

/** Of no smaller size than measurements are: products of 1e-160 and its like are below what a double holds. */
const number = fc.integer({ min: -1e9, max: 1e9 }).map((thousandths) => thousandths / 1_000);
const points = fc.array(fc.tuple(number, number), { minLength: 3, maxLength: 80 });

test('merged in any partition they are those of all points to 1e-12', () => {
  fc.assert(
    fc.property(points, fc.array(fc.nat(80), { maxLength: 8 }), (pairs, cuts) => {
      const xs = pairs.map(([x]) => x);
      const ys = pairs.map(([, y]) => y);
      const at = [0, ...cuts.map((cut) => Math.min(cut, pairs.length)), pairs.length].sort((a, b) => a - b);
      const merged = new CoMoments(1);
      for (let part = 1; part < at.length; part++)
        merged.merge(0, momentsOf(xs.slice(at[part - 1], at[part]), ys.slice(at[part - 1], at[part])));
      const all = momentsOf(xs, ys);
      const scale = [1, 1e6, 1e6, all.sxx[0]!, all.syy[0]!, Math.sqrt(all.sxx[0]! * all.syy[0]!)];
      const expected = figuresOf(all);
      for (const [i, value] of figuresOf(merged).entries())
        ok(Math.abs(value - expected[i]!) <= 1e-12 * scale[i]! + 1e-300, `${value} for ${expected[i]}`);
    }),
  );
});

test('they are those of two-pass loops, points without both values left out', () => {
  const maybe = fc.oneof({ weight: 8, arbitrary: number }, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(fc.array(fc.tuple(maybe, maybe), { maxLength: 60 }), (pairs) => {
      const xs = pairs.map(([x]) => x);
      const ys = pairs.map(([, y]) => y);
      const oracle = twoPass(xs, ys);
      const moments = momentsOf(xs, ys);
      equal(moments.count[0], oracle.n);
      if (oracle.n === 0) return equal(moments.meanX(0), Number.NaN);
      ok(Math.abs(moments.meanX(0) - oracle.meanX) <= 1e-9);
      ok(Math.abs(moments.sxx[0]! - oracle.sxx) <= 1e-9 * oracle.sxx + 1e-9);
      ok(Math.abs(moments.sxy[0]! - oracle.sxy) <= 1e-9 * Math.sqrt(oracle.sxx * oracle.syy) + 1e-9);
    }),
  );
});

test('pairs in columns do not touch each other, and cleared ones begin anew', () => {
  const moments = new CoMoments(3);
  moments.add(1, 1, 10);
  moments.add(1, 3, 20);
  equal(moments.count.join(), '0,2,0');
  equal(moments.sxy[1], 10);
  moments.clear();
  moments.add(1, 5, 5);
  equal(moments.meanX(1), 5);
  equal(moments.sxx[1], 0);
});

test('a constant has no spread at all, whatever its digits', () => {
  const moments = momentsOf(Array(1_000).fill(0.1), Array(1_000).fill(1e7 / 3));
  equal(moments.sxx[0], 0);
  equal(moments.syy[0], 0);
  equal(moments.meanY(0), 1e7 / 3);
});
