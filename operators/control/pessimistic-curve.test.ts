import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { contentionMsAt } from '../capacity/contention-curve.ts';
import type { Dwell } from '../capacity/dwell.ts';
import { type CapacityEstimate, estimateCapacity } from '../capacity/estimate-capacity.ts';
import { dwellsOf, type KnownHost } from '../capacity/testing/dwells-of.ts';
import { curveBounds } from './pessimistic-curve.ts';

const servers = 8;
/** Hits vary much (cv² 4) and take long: C is 20 hits/s, and 100 hits/s in a panel of five are few. */
const host: KnownHost = {
  curve: { saturationHitsPerS: 20, servers, serviceCv2: 4, arrivalCv2: 1, kappa: 2.5 },
  baselineMs: 450,
  backgroundRatio: 0,
};
const loads = [8, 9, 10];
const boundsOf = (dwells: readonly Dwell[], estimate?: CapacityEstimate) => curveBounds({ dwells, servers, estimate })!;

/** Hits that need 5 % more CPU time than the average take that much longer too, and wait no more for it. */
const withDearHits = (dwells: readonly Dwell[], at: number): Dwell[] =>
  dwells.map((dwell, index) =>
    index !== at
      ? dwell
      : {
          units: dwell.units.map((unit) => ({
            ...unit,
            busyRatio: 1.05 * unit.busyRatio,
            durationMs: unit.durationMs + 0.05 * unit.busyRatio * servers * 1_000,
          })),
        },
  );

test('hits at the highest load that happened to need more CPU time are not taken for waits', () => {
  const dwells = dwellsOf({ host, loads: [4, 6, 8, 10, 12, 13, 14], units: 5, seconds: 600 });
  const upperMs = (given: readonly Dwell[]) => contentionMsAt(boundsOf(given).upper, 14);
  // 28 ms longer.
  const [quiet, dear] = [upperMs(dwells), upperMs(withDearHits(dwells, 6))];
  ok(dear < 1.1 * quiet, `${dear} ms instead of ${quiet}`);
});

test('noise where nothing waits leaves the bound within what is usual of kappa', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const noise = { random: new Random(seed), hits: 0, busy: 0, durationMs: 60 };
    const { upper } = boundsOf(dwellsOf({ host, loads: [3, 4, 5], units: 5, seconds: 30, noise }));
    ok(upper.kappa < 1.5 + 1.96 * 1.25 + 1, `seed ${seed}: kappa ${upper.kappa}`);
  }
});

test('waits at the highest load that are longer than the curve says raise the bound', () => {
  const dwells = dwellsOf({ host, loads: [10, 13, 15, 17.5], units: 8, seconds: 4_000 });
  const bent = dwells.map((dwell, at) =>
    at < 3 ? dwell : { units: dwell.units.map((unit) => ({ ...unit, durationMs: unit.durationMs + 80 * unit.hits })) },
  );
  const atTop = (given: readonly Dwell[]) => contentionMsAt(boundsOf(given).upper, 17.5);
  ok(atTop(bent) > atTop(dwells) + 40, `${atTop(bent)} ms instead of ${atTop(dwells)}`);
});

test('waits are believed although CPUs had something else to do: a backup at the highest load', () => {
  const quick: KnownHost = {
    curve: { saturationHitsPerS: 60, servers, serviceCv2: 1, arrivalCv2: 1, kappa: 1 },
    baselineMs: 150,
    backgroundRatio: 0,
  };
  const loads = [27, 33, 39, 43, 47];
  for (const background of [0.08, 0.12]) {
    const curve = { ...quick.curve, saturationHitsPerS: 60 * (1 - background) };
    const dwells = [
      ...dwellsOf({ host: quick, loads: loads.slice(0, -1), units: 8, seconds: 40 }),
      ...dwellsOf({
        host: { ...quick, curve, backgroundRatio: background },
        loads: loads.slice(-1),
        units: 8,
        seconds: 40,
      }),
    ];
    const { upper } = boundsOf(dwells);
    const [seenMs, upperMs] = [contentionMsAt(curve, 47), contentionMsAt(upper, 47)];
    ok(upperMs > 0.8 * seenMs, `${upperMs} ms at most where ${seenMs} were seen`);
  }
});

test('how well saturation is known follows from all that was measured, also while an old estimate is the last one', () => {
  const noise = { random: new Random(7), hits: 0.05, busy: 0.05, durationMs: 5 };
  const few = dwellsOf({ host, loads: [12, 13, 14], units: 5, seconds: 30, noise });
  const more = dwellsOf({
    host,
    loads: Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 12 : 14)),
    units: 5,
    seconds: 30,
    noise,
  });
  const old = estimateCapacity({ dwells: few, servers });
  const seOf = (dwells: readonly Dwell[]) => {
    const { likely, upper } = boundsOf(dwells, old);
    return (1 - upper.saturationHitsPerS / likely.saturationHitsPerS) / 1.96;
  };
  ok(seOf([...few, ...more]) < 0.6 * seOf(few), `${seOf([...few, ...more])} after ${seOf(few)}`);
});

test('three loads near each other never make a host look smaller than its busy CPU time allows', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const noise = { random: new Random(seed), hits: 0.03, busy: 0.06, durationMs: 5 };
    const { upper } = boundsOf(dwellsOf({ host, loads: [8, 9, 10], units: 8, seconds: 12, noise }));
    // 2,600 hits are known to 2 / √2,600 = 4 %, twice, and chance comes on top.
    ok(upper.saturationHitsPerS > 20 * 0.86, `seed ${seed}: ${upper.saturationHitsPerS} hits/s`);
  }
});

test('no bounds while no CPU was busy', () => {
  const idle = dwellsOf({ host, loads, units: 5, seconds: 30 }).map(({ units }) => ({
    units: units.map((unit) => ({ ...unit, busyRatio: 0 })),
  }));
  equal(curveBounds({ dwells: idle, servers, estimate: undefined }), undefined);
});
