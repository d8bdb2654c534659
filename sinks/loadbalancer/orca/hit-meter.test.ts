import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HitMeter } from './hit-meter.ts';

/** A meter whose time the test sets. */
function meterAt(startMs: number) {
  let nowMs = startMs;
  const meter = new HitMeter({ clock: { monotonicMs: () => nowMs } });
  const at = (ms: number): void => {
    nowMs = ms;
  };
  const answered = (times: number, failed = false): void => {
    for (let i = 0; i < times; i++) meter.answered({ failed });
  };
  return { meter, at, answered };
}

test('rates are means over the last ten seconds, the one that runs included', () => {
  const { meter, at, answered } = meterAt(0);
  for (let second = 0; second < 20; second++) {
    at(second * 1_000 + 500);
    answered(second < 10 ? 100 : 40);
    answered(2, true);
  }
  at(20_000);
  deepEqual(meter.rates(), { hitsPerSecond: (9 * 42) / 9, errorsPerSecond: 2 });
});

test('before ten seconds have passed the mean is over the time since the start, one second at least', () => {
  const { meter, at, answered } = meterAt(7_300);
  deepEqual(meter.rates(), { hitsPerSecond: 0, errorsPerSecond: 0 });
  answered(1);
  at(7_301);
  deepEqual(meter.rates(), { hitsPerSecond: 1, errorsPerSecond: 0 });
  answered(9);
  at(9_300);
  deepEqual(meter.rates(), { hitsPerSecond: 5, errorsPerSecond: 0 });
});

test('silence is zero once the window has passed, and nothing of before it comes back', () => {
  const { meter, at, answered } = meterAt(0);
  answered(500, true);
  at(60_000);
  deepEqual(meter.rates(), { hitsPerSecond: 0, errorsPerSecond: 0 });
  answered(10);
  at(60_999);
  deepEqual(meter.rates(), { hitsPerSecond: 10 / 9.999, errorsPerSecond: 0 });
});

test('every hit counts once and for no longer than the window, whenever it came', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }), (gapsMs) => {
      const { meter, at, answered } = meterAt(0);
      const times: number[] = [];
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        at(nowMs);
        answered(1);
        times.push(nowMs);
        const sinceMs = Math.max(0, (Math.floor(nowMs / 1_000) - 9) * 1_000);
        const expected = times.filter((ms) => ms >= sinceMs).length / (Math.max(nowMs - sinceMs, 1_000) / 1_000);
        ok(Math.abs(meter.rates().hitsPerSecond - expected) < 1e-9, `${times.join(' ')} at ${nowMs}`);
      }
    }),
  );
});
