import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { relaxationS } from './contention-curve.ts';
import { normal } from './testing/dwells-of.ts';
import { dependenceFactor, unitBlockS } from './unit-dependence.ts';

const curve = { saturationHitsPerS: 16 / 0.297942, servers: 16, serviceCv2: 1, arrivalCv2: 1, kappa: 1 };

test('units that are hosts of their own need no factor', () => {
  for (const units of [4, 8, 20]) equal(dependenceFactor({ units, hosts: units, curve, hitsPerS: 48 }), 1);
});

test('the longer a queue remembers, the larger the factor', () => {
  const at = (hitsPerS: number) => dependenceFactor({ units: 8, hosts: 1, curve, hitsPerS });
  ok(1 < at(30) && at(30) < at(48) && at(48) < at(52), `${at(30)} ${at(48)} ${at(52)}`);
});

/** Mean of 8 units of one exponentially forgetting process, dealt out in turn, and the standard error between the units. */
function once(random: Random, forgetS: number) {
  const units = Array.from({ length: 8 }, () => 0);
  const kept = Math.exp(-1 / forgetS);
  let value = normal(random);
  for (let s = 0; s < 480; s++) {
    value = kept * value + Math.sqrt(1 - kept ** 2) * normal(random);
    units[Math.floor(s / unitBlockS) % 8]! += value / 60;
  }
  const mean = units.reduce((sum, unit) => sum + unit, 0) / 8;
  const variance = units.reduce((sum, unit) => sum + (unit - mean) ** 2, 0) / 7 / 8;
  return { mean, variance };
}

test('with the factor the error between units of one host is the true one, within 12 %; without it a quarter too small', () => {
  const hitsPerS = 48;
  const forgetS = 0.65 * relaxationS(hitsPerS, curve.saturationHitsPerS);
  const random = new Random(21);
  let [squares, variances] = [0, 0];
  for (let run = 0; run < 1_500; run++) {
    const { mean, variance } = once(random, forgetS);
    squares += mean ** 2;
    variances += variance;
  }
  const missing = Math.sqrt(squares / variances);
  const factor = dependenceFactor({ units: 8, hosts: 1, curve, hitsPerS });
  ok(missing > 1.2, `${missing}`);
  ok(Math.abs(factor / missing - 1) < 0.12, `${factor} for ${missing}`);
});
