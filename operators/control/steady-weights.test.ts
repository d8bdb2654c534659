import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Weights } from '../../schemas/weight-state.ts';
import { areNear, capacityWeights, type ServerCapacity, stepTowards } from './steady-weights.ts';

/** `'NHM:46x10'`: ten servers of NHM that bear 46 hits/s. */
const pool = (...words: string[]): ServerCapacity[] =>
  words.flatMap((word) => {
    const [, generation, hitsPerS, count] = /^(\w+):([\d.]+)x(\d+)$/.exec(word)!;
    return Array.from({ length: Number(count) }, (_, i) => ({
      server: `${generation}-${hitsPerS}-${i}`,
      generation: generation!,
      hitsPerS: Number(hitsPerS),
    }));
  });
/** Weight by kind of server, where all of a kind have the same. */
function byKind(weights: Weights): Record<string, number> {
  const kinds = new Map<string, number>();
  for (const [server, weight] of weights) {
    const kind = server.slice(0, server.lastIndexOf('-'));
    ok((kinds.get(kind) ?? weight) === weight, `${kind} has two weights`);
    kinds.set(kind, weight);
  }
  return Object.fromEntries(kinds);
}

const targets: [says: string, servers: ServerCapacity[], weightMax: number, weights: Record<string, number>][] = [
  ['one kind has 100', pool('NHM:46x20'), 256, { 'NHM-46': 100 }],
  [
    'the commonest generation is the reference',
    pool('NHM:46x12', 'VSS:18.4x8'),
    256,
    { 'NHM-46': 100, 'VSS-18.4': 40 },
  ],
  [
    'the reference of two builds is their mean, as many servers as each has',
    pool('NHM:40x5', 'NHM:50x5'),
    256,
    { 'NHM-40': 89, 'NHM-50': 111 },
  ],
  ['a test can double the largest', pool('NHM:46x12', 'SNB:110.4x8'), 256, { 'NHM-46': 53, 'SNB-110.4': 128 }],
  ['a lower limit of weights leaves room too', pool('NHM:46x12', 'VSS:23x8'), 120, { 'NHM-46': 60, 'VSS-23': 30 }],
  ['one large server gets a fifth at most', pool('VSS:10x12', 'SNB:60x1'), 256, { 'VSS-10': 43, 'SNB-60': 128 }],
  ['of two that are as common, the first by name', pool('WSM:60x6', 'NHM:48x6'), 256, { 'WSM-60': 125, 'NHM-48': 100 }],
  ['five or fewer share equally', pool('VSS:20x3', 'SNB:100x1'), 256, { 'VSS-20': 100, 'SNB-100': 100 }],
];
for (const [says, servers, weightMax, weights] of targets) {
  test(`${says}`, () => deepEqual(byKind(capacityWeights(servers, weightMax)), weights));
}

const weightsOf = (text: string): Weights =>
  new Map(text.split(' ').map((pair) => [pair.split('=')[0]!, Number(pair.split('=')[1])]));

const steps: [standing: string, targets: string, next: string][] = [
  ['a=100 b=100', 'a=100 b=40', 'a=100 b=95'],
  ['a=100 b=41', 'a=103 b=40', 'a=103 b=40'],
  ['a=100 b=42', 'a=250 b=40', 'a=105 b=40'],
  ['a=21 b=20', 'a=30 b=10', 'a=22 b=19'],
  // Under 20 a whole step is more than 5 %.
  ['a=19 b=100', 'a=30 b=100', 'a=19 b=100'],
  // Of a server without a target nothing is known.
  ['a=100 b=70', 'a=200', 'a=105 b=70'],
];
for (const [standing, wanted, next] of steps) {
  test(`${standing} goes by ${next} to ${wanted}`, () =>
    deepEqual(stepTowards(weightsOf(standing), weightsOf(wanted)), weightsOf(next)));
}

const near: [standing: string, targets: string, isNear: boolean][] = [
  ['a=100 b=50', 'a=102 b=49', true],
  ['a=100 b=50', 'a=103 b=50', false],
  ['a=100 b=50', 'a=100 b=48', false],
];
for (const [standing, wanted, isNear] of near) {
  test(`${standing} is ${isNear ? '' : 'not '}near enough to ${wanted}`, () =>
    deepEqual(areNear(weightsOf(standing), weightsOf(wanted)), isNear));
}

/** Capacities up to four times as large as others, so that nobody's share is capped, and whatever weights stand. */
const worlds = fc
  .array(fc.record({ kind: fc.integer({ min: 0, max: 4 }), standing: fc.integer({ min: 20, max: 256 }) }), {
    minLength: 24,
    maxLength: 60,
  })
  .chain((servers) =>
    fc.record({
      servers: fc.constant(servers),
      capacities: fc.array(fc.double({ min: 30, max: 120, noNaN: true }), { minLength: 5, maxLength: 5 }),
    }),
  );

test('whatever stands and is measured: no step is over 5 %, it ends, and weights are in the ratio of the capacities', () => {
  fc.assert(
    fc.property(worlds, ({ servers, capacities }) => {
      const known = servers.map(({ kind }, i) => ({
        server: `s${i}`,
        generation: `g${kind}`,
        hitsPerS: capacities[kind]!,
      }));
      const wanted = capacityWeights(known, 256);
      let standing: Weights = new Map(servers.map((server, i) => [`s${i}`, server.standing]));
      for (let minute = 0; ; minute++) {
        ok(minute < 100, 'from 256 to 20 are 50 steps of 5 %');
        const next = stepTowards(standing, wanted);
        for (const [server, weight] of next) {
          ok(Math.abs(weight / standing.get(server)! - 1) <= 0.05 + 1e-9 && Number.isInteger(weight));
          const toGo = (from: Weights) => Math.abs(wanted.get(server)! - from.get(server)!);
          ok(toGo(next) <= toGo(standing), 'never away from where it belongs');
        }
        if (areNear(standing, wanted)) break;
        standing = next;
      }
      const loads = known.map(({ server, hitsPerS }) => wanted.get(server)! / hitsPerS);
      // Rounding to whole numbers: half of one at weights of 25 and more, up and down.
      ok(Math.max(...loads) / Math.min(...loads) <= 1.041, `${loads.join(' ')}`);
    }),
    { numRuns: 200 },
  );
});

test('whatever is measured: a test has room to double, and no server has over a fifth of the pool', () => {
  const measured = fc.array(fc.double({ min: 1, max: 2_000, noNaN: true }), { minLength: 6, maxLength: 40 });
  fc.assert(
    fc.property(measured, fc.integer({ min: 60, max: 256 }), (capacities, weightMax) => {
      const weights = [
        ...capacityWeights(
          capacities.map((hitsPerS, i) => ({ server: `s${i}`, generation: `g${i % 3}`, hitsPerS })),
          weightMax,
        ).values(),
      ];
      const sum = weights.reduce((total, weight) => total + weight, 0);
      for (const weight of weights) {
        ok(weight >= 1 && 2 * weight <= weightMax + 1);
        // What rounding adds is far from the quarter that adapters refuse.
        ok(weight / sum <= 0.2 + weights.length / 2 / sum, `${weight} of ${sum}`);
      }
    }),
    { numRuns: 300 },
  );
});
