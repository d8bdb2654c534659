import { equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { leastOfMinutes, type MemorySample, memoryCurve } from './memory-curve.ts';

const mb = 1_048_576;
const startMs = 1_700_000_000_000;

/** Half an hour, a sample every 5 s; memory by minute. */
const halfAnHour = (mbAt: (minute: number) => number): MemorySample[] =>
  Array.from({ length: 360 }, (_, i) => {
    const bytes = mbAt(i / 12) * mb;
    return { atMs: startMs + i * 5_000, rss: bytes, heapUsed: bytes, heapTotal: bytes, external: 0, arrayBuffers: 0 };
  });
const curveOf = (mbAt: (minute: number) => number) => memoryCurve(halfAnHour(mbAt), 'rss', startMs + 300_000);

test('memory that swings around a level is flat', () => {
  const curve = curveOf((minute) => 150 + 25 * Math.sin(minute * 3));
  ok(curve.flat, JSON.stringify(curve));
  equal(curve.minutes, 24.9);
});

test('what grows while warming up is left out', () => {
  ok(curveOf((minute) => Math.min(150, 50 + minute * 20)).flat);
});

test('a slow leak is told, by the medians and by the line', () => {
  const curve = curveOf((minute) => 150 + minute);
  equal(curve.flat, false);
  equal(Math.round(curve.mbPerHour), 60);
  equal(Math.round(curve.lastThirdMb - curve.firstThirdMb), 17);
});

test('a step in the last minutes, which medians do not see, is told by the line', () => {
  equal(curveOf((minute) => (minute < 24 ? 400 : 500)).flat, false);
});

test('a run without samples after its warm-up is no curve', () => {
  throws(() => memoryCurve(halfAnHour(() => 1).slice(0, 60), 'rss', startMs + 300_000), /too few/);
});

test('garbage that is collected now and then is not what a process keeps', () => {
  const sawtooth = halfAnHour((minute) => 30 + 60 * (minute % 0.75));
  equal(memoryCurve(leastOfMinutes(sawtooth), 'heapUsed', startMs + 300_000).lastThirdMb < 36, true);
  ok(memoryCurve(sawtooth, 'heapUsed', startMs + 300_000).lastThirdMb > 45);
});
