import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { arrivalCv2 } from './arrival-variability.ts';
import { blockS, type Dwell, type LoadSums, noLoad, withBlock, withSecond } from './dwell.ts';

/** Hits of one host in blocks: as many blocks as numbers. */
const unitOf = (...blocks: number[]): LoadSums =>
  blocks.reduce((sums, hits) => {
    let next = sums;
    for (let s = 0; s < blockS; s++)
      next = withSecond(next, { hitsPerS: hits / blockS, durationMs: 50, busyRatio: 0.4 });
    return withBlock(next, hits);
  }, noLoad);

/** About Poisson, by its normal approximation; `variance` as a share of the mean. */
const drawn = (random: Random, mean: number, share: number): number => {
  let normal = -6;
  for (let i = 0; i < 12; i++) normal += random.next();
  return Math.max(0, Math.round(mean + Math.sqrt(share * mean) * normal));
};
const dwellOf = (
  random: Random,
  { hosts, blocks, mean, share }: Record<'hosts' | 'blocks' | 'mean' | 'share', number>,
): Dwell => ({
  units: Array.from({ length: hosts }, (_, host) =>
    // Hosts of other weights have other means: that is no variance of arrivals.
    unitOf(...Array.from({ length: blocks }, () => drawn(random, mean * (1 + host / 10), share))),
  ),
});

test('blocks of 100, 104 and 96 hits have a variance of 16 and a mean of 100, too even for chance where there are many', () => {
  const units = Array.from({ length: 20 }, () => unitOf(100, 104, 96));
  const value = arrivalCv2({ dwells: [{ units }], cpuSaturationHitsPerS: 100 });
  ok(Math.abs(value - 0.16) < 1e-12, `${value}`);
});

test('three blocks of one host prove nothing: arrivals count as random', () => {
  equal(arrivalCv2({ dwells: [{ units: [unitOf(100, 104, 96)] }], cpuSaturationHitsPerS: 100 }), 1);
  equal(arrivalCv2({ dwells: [{ units: [unitOf(100)] }], cpuSaturationHitsPerS: 100 }), 1);
  equal(arrivalCv2({ dwells: [{ units: [noLoad] }], cpuSaturationHitsPerS: 100 }), 1);
});

test('of 300 panels with arrivals at random at most 3 are taken for regular; of those in turn none is missed', () => {
  const random = new Random(11);
  const dwells = (share: number) =>
    [1, 1.1, 1.2].map((load) => dwellOf(random, { hosts: 8, blocks: 4, mean: 100 * load, share }));
  let mistaken = 0;
  for (let panel = 0; panel < 300; panel++) {
    if (arrivalCv2({ dwells: dwells(1), cpuSaturationHitsPerS: 60 }) < 1) mistaken++;
    const inTurn = arrivalCv2({ dwells: dwells(0.05), cpuSaturationHitsPerS: 60 });
    ok(inTurn < 0.15 && inTurn > 0.01, `${inTurn}`);
  }
  ok(mistaken <= 3, `${mistaken}`);
});

test('only low loads are looked at: above 70 % of saturation the queue makes its own rhythm', () => {
  const random = new Random(12);
  const low = dwellOf(random, { hosts: 8, blocks: 6, mean: 100, share: 1 });
  const high = dwellOf(random, { hosts: 8, blocks: 30, mean: 200, share: 0.1 });
  equal(arrivalCv2({ dwells: [low, high], cpuSaturationHitsPerS: 50 }), 1);
  // Where there are only high ones, the lowest has to do.
  ok(arrivalCv2({ dwells: [high], cpuSaturationHitsPerS: 50 }) < 0.2);
});
