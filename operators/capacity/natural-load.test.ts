import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../base/testing/random.ts';
import { arrivalCv2 } from './arrival-variability.ts';
import { pointOf } from './dwell.ts';
import { NaturalLoad, type NaturalSecond } from './natural-load.ts';
import { normal } from './testing/dwells-of.ts';

const startMs = Date.UTC(2026, 0, 5);
const row = (host: string, hitsPerS: number, durationMs = 100): NaturalSecond => ({
  host,
  hitsPerS,
  durationMs,
  busyRatio: hitsPerS / 100,
});

interface Minutes {
  readonly hosts: readonly string[];
  readonly minutes: number;
  /** Load of a host in a minute; undefined = the second does not count for it. */
  readonly load: (minute: number, second: number, host: string) => number | undefined;
  readonly fromMinute?: number;
}

function feed(natural: NaturalLoad, { hosts, minutes, load, fromMinute = 0 }: Minutes): NaturalLoad {
  for (let second = 60 * fromMinute; second < 60 * (fromMinute + minutes); second++) {
    const rows = hosts.flatMap((host) => {
      const hitsPerS = load(Math.floor(second / 60), second % 60, host);
      return hitsPerS === undefined ? [] : [row(host, hitsPerS)];
    });
    natural.take(startMs + 1_000 * (second + 1), rows);
  }
  return natural;
}
const hostsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `h${i}`);
const seen = (natural: NaturalLoad): [hitsPerS: number, hostSeconds: number][] =>
  natural.dwells().map((dwell) => {
    const { hitsPerS, hostSeconds } = pointOf(dwell)!;
    return [Math.round(hitsPerS * 100) / 100, Math.round(hostSeconds)];
  });

test('each whole minute of a host but its first counts, in the level of its load', () => {
  // 21 minutes of 10 hits/s and 20 of 20 hits/s; the last minute is still open, the first has none before it.
  const natural = feed(new NaturalLoad(), { hosts: ['a'], minutes: 42, load: (minute) => (minute < 22 ? 10 : 20) });
  deepEqual(
    natural.dwells().map((dwell) => Math.round(pointOf(dwell)!.hostSeconds / 60)),
    [22, 18],
  );
});

test('a block counts for the load of the minute before it: chance hits of its own do not choose its level', () => {
  const random = new Random(3);
  const noisy = feed(new NaturalLoad(), {
    hosts: hostsOf(16),
    minutes: 60,
    load: (() => {
      const chance = new Map<string, number>();
      return (minute: number, second: number, host: string) => {
        if (second === 0) chance.set(host, 1 + 0.1 * normal(random));
        return 30 * chance.get(host)! + 0 * minute;
      };
    })(),
  });
  // The load is the same all the time. By their own hits levels would spread from 24 to 36; they are about 30 instead.
  for (const dwell of noisy.dwells())
    ok(Math.abs(pointOf(dwell)!.hitsPerS / 30 - 1) < 0.05, `${pointOf(dwell)!.hitsPerS}`);
  ok(noisy.dwells().length >= 4);
});

test('a minute in which a host was on a panel for six seconds does not count, nor does the one after it', () => {
  const onPanel = (minute: number, second: number) => minute === 20 && second < 6;
  const load = (minute: number, second: number) => (onPanel(minute, second) ? undefined : 10);
  const [whole] = seen(feed(new NaturalLoad(), { hosts: ['a'], minutes: 42, load: () => 10 }));
  const [cut] = seen(feed(new NaturalLoad(), { hosts: ['a'], minutes: 42, load }));
  ok(Math.abs(whole![1] - cut![1] - 120) <= 2, `${whole} ${cut}`);
});

test('five seconds that are missing are borne', () => {
  const load = (_: number, second: number) => (second < 5 ? undefined : 10);
  const [found] = seen(feed(new NaturalLoad(), { hosts: ['a'], minutes: 22, load }));
  ok(Math.abs(found![1] - 20 * 55) <= 10, `${found}`);
});

test('eight hosts are eight units; of one host every eighth minute is one', () => {
  const many = feed(new NaturalLoad(), {
    hosts: hostsOf(8),
    minutes: 20,
    load: (_, __, host) => 10 + Number(host.slice(1)) / 100,
  });
  const [dwell] = many.dwells();
  const loads = dwell!.units.map(({ hits, seconds }) => Math.round((100 * hits) / seconds) / 100);
  deepEqual(loads, [10, 10.01, 10.02, 10.03, 10.04, 10.05, 10.06, 10.07]);
  const [single] = feed(new NaturalLoad(), { hosts: ['a'], minutes: 34, load: () => 10 }).dwells();
  for (const { seconds } of single!.units) ok(Math.abs(seconds - 240) < 5, `${seconds}`);
});

test('what is a day old weighs half', () => {
  const natural = feed(new NaturalLoad(), { hosts: hostsOf(8), minutes: 22, load: () => 10 });
  natural.take(startMs + 22 * 60_000 + 1_000, []);
  const [[, before]] = seen(natural) as [[number, number]];
  natural.take(startMs + 22 * 60_000 + 86_400_000 + 1_000, []);
  const [[, after]] = seen(natural) as [[number, number]];
  ok(Math.abs(after / before - 0.5) < 1e-3, `${before} ${after}`);
});

test('the levels are as many as 32, whatever loads come', () => {
  const natural = new NaturalLoad();
  feed(natural, { hosts: hostsOf(20), minutes: 300, load: (minute) => 1.03 ** (minute % 290) });
  equal(natural.state().levels.length, 32);
});

test('a restart goes on from what was kept', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 40 }), fc.integer({ min: 1, max: 100 }), (cutMinute, seed) => {
      const random = new Random(seed);
      const loads = Array.from({ length: 60 }, () => 10 + 10 * random.next());
      const part = (fromMinute: number, minutes: number) => ({
        hosts: hostsOf(8),
        minutes,
        fromMinute,
        load: (minute: number) => loads[minute]!,
      });
      const kept = JSON.parse(JSON.stringify(feed(new NaturalLoad(), part(0, cutMinute)).state()));
      const restarted = feed(new NaturalLoad(kept), part(cutMinute, 60 - cutMinute));
      const whole = feed(new NaturalLoad(), part(0, 60));
      const total = (of: NaturalLoad) =>
        of
          .state()
          .levels.flatMap(({ units }) => units)
          .reduce((sum, { seconds }) => sum + seconds, 0);
      // The block that was open, and the one after the restart that has none before it.
      const lost = total(whole) - total(restarted);
      ok(lost > 0 && lost < 2.1 * 8 * 60, `${lost}`);
    }),
    { numRuns: 8 },
  );
});

for (const [says, spread, expected] of [
  ['at random', 1, 1],
  ['in turn', 0.1, 0.1],
] as const)
  test(`hits that come ${says} are seen to, although the load of a level moves`, () => {
    const random = new Random(17);
    const swing = (minute: number) => 100 * (1 + 0.3 * Math.sin(minute / 20));
    const natural = feed(new NaturalLoad(), {
      hosts: hostsOf(8),
      minutes: 180,
      load: (minute) => swing(minute) + Math.sqrt(spread * swing(minute)) * normal(random),
    });
    const cv2 = arrivalCv2({ dwells: natural.dwells(), cpuSaturationHitsPerS: 400 });
    ok(Math.abs(cv2 - expected) < 0.03, `${cv2}`);
  });
