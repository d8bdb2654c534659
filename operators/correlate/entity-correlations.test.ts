import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { EntityCorrelations, type EntityRows } from './entity-correlations.ts';
import { figuresOf, startMs, web, workplaceOf } from './testing/correlated.ts';
import { rationalMoments } from './testing/rational.ts';

interface Point {
  readonly endMs: number;
  readonly values: readonly number[];
}

/** Two passes over the points with end − length < time ≤ end that have a value of both. */
function plainLoops(
  points: readonly Point[],
  { endMs, lengthMs, x, y }: Record<'endMs' | 'lengthMs' | 'x' | 'y', number>,
) {
  const both = points
    .filter((point) => point.endMs > endMs - lengthMs && point.endMs <= endMs)
    .map(({ values }) => [values[x]!, values[y]!] as const)
    .filter(([a, b]) => !Number.isNaN(a) && !Number.isNaN(b));
  const n = both.length;
  const mean = (column: 0 | 1): number => both.reduce((sum, pair) => sum + pair[column], 0) / n;
  const [meanX, meanY] = [mean(0), mean(1)];
  let [sxx, syy, sxy] = [0, 0, 0];
  for (const [a, b] of both) {
    sxx += (a - meanX) ** 2;
    syy += (b - meanY) ** 2;
    sxy += (a - meanX) * (b - meanY);
  }
  const slope = sxy / sxx;
  return {
    n,
    r: sxy / Math.sqrt(sxx * syy),
    slope,
    intercept: meanY - slope * meanX,
    r2: (sxy * sxy) / (sxx * syy),
    residual_sd: Math.sqrt((syy - slope * sxy) / (n - 2)),
    mean_x: meanX,
    sd_x: Math.sqrt(sxx / (n - 1)),
    mean_y: meanY,
    sd_y: Math.sqrt(syy / (n - 1)),
  };
}

/** Metric 0 drives 1; 2 is on its own and often missing. */
function randomPoints(random: Random, seconds: number): Point[] {
  const points: Point[] = [];
  let level = 50;
  for (let second = 1; second <= seconds; second++) {
    level += random.next() - 0.5;
    if (random.chance(0.1)) continue;
    const third = random.chance(0.4) ? Number.NaN : random.next();
    points.push({ endMs: startMs + second * 1_000, values: [level, 3 * level + 5 * random.next(), third] });
  }
  return points;
}

function checkRows(found: EntityRows, points: readonly Point[]): void {
  for (let row = 0; row < found.rows; row++) {
    const where = { endMs: found.endMs, lengthMs: found.rowWindowsMs[row]!, x: found.rowX[row]!, y: found.rowY[row]! };
    const wanted = plainLoops(points, where);
    const figures = figuresOf(found, row);
    equal(figures.n, wanted.n, JSON.stringify(where));
    if (wanted.n < 3) continue;
    for (const [name, value] of Object.entries(wanted) as [keyof typeof wanted, number][])
      ok(
        Math.abs(figures[name] - value) <= 1e-9 * Math.max(1, Math.abs(value)),
        `${name} ${figures[name]} for ${value}: ${JSON.stringify(where)}`,
      );
  }
}

test('each window holds exactly the points of its length, over gaps: the figures of two-pass loops', () => {
  const random = new Random(3);
  const points = randomPoints(random, 5_000);
  const entity = new EntityCorrelations(web, workplaceOf({ metrics: ['a', 'b', 'c'], configured: [['a', 'b']] }));
  let checked = 0;
  for (const [i, { endMs, values }] of points.entries()) {
    equal(entity.append(endMs, Float64Array.from(values)), true);
    const rows = entity.evaluate();
    // All would take long; these lie anywhere in the minutes.
    if (rows === undefined || !(i < 80 || random.chance(0.02))) continue;
    checkRows(rows, points.slice(0, i + 1));
    checked++;
  }
  ok(checked > 120, `${checked} moments`);
});

test('nine digits at a mean of 1e7 and a spread of 0.1, in a window of parts of two minutes and whole ones between', () => {
  const workplace = workplaceOf({ metrics: ['a', 'b'], configured: [['a', 'b']], windowsMs: [300_000] });
  const entity = new EntityCorrelations(web, workplace);
  const xs = Array.from({ length: 437 }, (_, i) => 10_000_000.2 + 0.1 * Math.sin(i * i));
  const ys = xs.map((x, i) => 3 * x + 0.05 * Math.sin(i));
  for (const [i, x] of xs.entries()) entity.append(startMs + (i + 1) * 1_000, Float64Array.of(x, ys[i]!));
  const found = figuresOf(entity.evaluate()!, 0);
  const truth = rationalMoments(xs.slice(-300), ys.slice(-300));
  equal(found.n, 300);
  for (const name of ['sd_x', 'sd_y', 'r', 'slope', 'residual_sd'] as const)
    ok(Math.abs(found[name] / truth[name] - 1) < 1e-9, `${name} ${found[name]} for ${truth[name]}`);
});

test('configured pairs come each second, all pairs each 10 s, whatever the interval of the points', () => {
  const rowsOf = (intervalMs: number, count: number): number[] => {
    const entity = new EntityCorrelations(web, workplaceOf({ metrics: ['a', 'b', 'c'], configured: [['a', 'b']] }));
    return Array.from({ length: count }, (_, i) => {
      entity.append(startMs + (i + 1) * intervalMs, Float64Array.of(i, i * i, -i));
      return entity.evaluate()?.rows ?? 0;
    });
  };
  equal(rowsOf(1_000, 12).join(), '9,3,3,3,3,3,3,3,3,9,3,3');
  equal(rowsOf(250, 8).join(), '9,0,0,3,0,0,0,3');
  equal(rowsOf(60_000, 3).join(), '9,9,9');
});

test('a pair without a common point has a row only where it is configured', () => {
  const entity = new EntityCorrelations(web, workplaceOf({ metrics: ['a', 'b', 'c'], configured: [['a', 'b']] }));
  entity.append(startMs + 1_000, Float64Array.of(1, Number.NaN, 2));
  const { rowX, rowY } = entity.evaluate()!;
  equal([...rowX].map((x, row) => `${x}${rowY[row]}`).join(), '01,02,01,02,01,02');
});

test('a point that does not come later than the last is refused and changes nothing', () => {
  const entity = new EntityCorrelations(web, workplaceOf({ metrics: ['a', 'b'], configured: [['a', 'b']] }));
  equal(entity.append(startMs + 2_000, Float64Array.of(1, 2)), true);
  equal(entity.append(startMs + 2_000, Float64Array.of(9, 9)), false);
  equal(entity.append(startMs + 1_000, Float64Array.of(9, 9)), false);
  equal(entity.refused, 2);
  equal(figuresOf(entity.evaluate()!, 0).mean_x, 1);
});
