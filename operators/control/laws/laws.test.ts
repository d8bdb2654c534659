import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { aimd } from './aimd.ts';
import { fixedStep } from './fixed-step.ts';
import { gradient2 } from './gradient2.ts';
import { baselineS, type Law, type LawOutcome } from './law.ts';

/** A host with one CPU, 100 hits/s at most, 200 ms without waiting: λ100 is 90.9 hits/s, exactly and without noise. */
const natural = 45;
const saturation = 100;
const durationAt = (hitsPerS: number): number =>
  200 + Math.min(2_000, (1_000 * (hitsPerS / saturation)) / Math.max(1e-3, saturation - hitsPerS));

function run<State>(law: Law<State>, seconds: number) {
  let { start: state } = law;
  let factor = 1;
  const factors: number[] = [];
  const outcomes: LawOutcome[] = [];
  for (let second = 0; second < seconds && outcomes.at(-1)?.kind !== 'found'; second++) {
    const hitsPerS = factor * natural;
    const step = law.step(state, { hitsPerS, durationMs: durationAt(hitsPerS) });
    ({ state, factor } = step);
    factors.push(factor);
    outcomes.push(step.outcome);
  }
  return { factors, outcome: outcomes.at(-1)!, seconds: factors.length };
}

const close = (value: number, expected: number, tolerance = 1e-9) =>
  ok(Math.abs(value - expected) <= tolerance, `${value} instead of ${expected}`);

for (const [name, law] of Object.entries({
  'fixed step': fixedStep({ nominalHitsPerS: 90 }),
  AIMD: aimd,
  Gradient2: gradient2,
}))
  test(`${name} leaves the load alone while it measures the baseline, and has no answer then`, () => {
    const { factors, outcome } = run(law as Law<unknown>, baselineS - 1);
    deepEqual([...new Set(factors)], [1]);
    deepEqual(outcome, { kind: 'running', capacityHitsPerS: undefined });
  });

test('the fixed step raises by 5 % of 90 hits/s a minute, and answers with the last level under 100 ms', () => {
  const { factors, outcome, seconds } = run(fixedStep({ nominalHitsPerS: 90 }), 3_600);
  close(factors[60]!, 1 + 4.5 / 45);
  close(factors[118]!, 1 + 4.5 / 45);
  close(factors[119]!, 1 + 9 / 45);
  // 45 + 10 × 4.5 = 90 waits 90 ms, over the 8 of the baseline 82; 94.5 waits 172.
  equal(outcome.kind, 'found');
  close(outcome.capacityHitsPerS!, 90);
  equal(seconds, 60 + 10 * 60 + 10);
  equal(factors.at(-1), 1);
});

test('AIMD adds 1 % a second, takes a tenth at the first second over 100 ms, and answers with its mean load', () => {
  const { factors, outcome } = run(aimd, 2_000);
  close(factors[60]!, 1.01);
  close(factors[61]!, 1.02);
  const over = factors.findIndex((factor, at) => at > 60 && factor < factors[at - 1]!);
  close(factors[over]!, 0.9 * factors[over - 1]!);
  // Baseline 208.2 ms: 91.6 hits/s is 100 ms over it.
  ok(factors[over - 2]! * natural < 91.6 && factors[over - 1]! * natural > 91.6);
  equal(outcome.kind, 'running');
  ok(outcome.capacityHitsPerS! > 0.9 * 91.6 && outcome.capacityHitsPerS! < 0.97 * 91.6, `${outcome.capacityHitsPerS}`);
});

test('AIMD has no answer before it went down once and 300 seconds after', () => {
  equal(run(aimd, 300).outcome.capacityHitsPerS, undefined);
});

test('Gradient2 grows by a fifth of 4 ÷ duration a second while durations are those of its memory', () => {
  const { factors } = run(gradient2, baselineS + 1);
  const grown = (0.2 * 4 * 1_000) / durationAt(natural);
  close(factors.at(-1)! * natural, natural + grown, 1e-6);
});

test("Gradient2's baseline follows its own overload: in 15 minutes 208 ms become over 500, the load stays over 91.6", () => {
  let step = gradient2.step(gradient2.start, { hitsPerS: natural, durationMs: durationAt(natural) });
  const loads: number[] = [];
  for (let second = 1; second < 900; second++) {
    const hitsPerS = step.factor * natural;
    loads.push(hitsPerS);
    step = gradient2.step(step.state, { hitsPerS, durationMs: durationAt(hitsPerS) });
  }
  equal(step.outcome.kind, 'running');
  ok(step.state.longMs > 500, `${step.state.longMs}`);
  const late = loads.slice(-300);
  ok(late.reduce((sum, load) => sum + load, 0) / late.length > 91.6);
});

test('Gradient2 does not grow where less than half of its limit arrives, and never more than halves', () => {
  let step = gradient2.step(gradient2.start, { hitsPerS: 10, durationMs: 100 });
  for (let second = 1; second < baselineS; second++)
    step = gradient2.step(step.state, { hitsPerS: 10, durationMs: 100 });
  const before = step.state.limitHitsPerS;
  equal(gradient2.step(step.state, { hitsPerS: 4.9, durationMs: 100 }).state.limitHitsPerS, before);
  const slow = gradient2.step(step.state, { hitsPerS: 10, durationMs: 1e9 }).state.limitHitsPerS;
  close(slow, 0.8 * before + 0.2 * 0.5 * before, 1e-6);
});

test('a second without hits changes nothing in Gradient2', () => {
  const { state } = gradient2.step(gradient2.start, { hitsPerS: 10, durationMs: 100 });
  equal(gradient2.step(state, { hitsPerS: 0, durationMs: undefined }).state.longMs, 100);
});
