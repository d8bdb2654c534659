import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CheckedValue } from '../../base/yaml/checked-value.ts';
import { openTimeAt, readHours } from './hours.ts';

const hours = (...ranges: string[]) =>
  readHours(
    new CheckedValue(
      'f:1',
      ranges.map((range) => new CheckedValue('f:1', range, 'DYNO_X')),
      'DYNO_X',
    ),
  );
const at = (iso: string) => Date.parse(iso);
const openTimes = (ranges: readonly string[], iso: string) => {
  const { fromMs, toMs } = openTimeAt(hours(...ranges), at(iso));
  return [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
};

// 2024-01-01 was a Monday.
const cases: [says: string, ranges: string[], now: string, from: string, to: string][] = [
  ['within', ['mon-fri 06:00-22:00'], '2024-01-03T12:00:00Z', '2024-01-03T06:00:00Z', '2024-01-03T22:00:00Z'],
  [
    'the end is outside',
    ['mon-fri 06:00-22:00'],
    '2024-01-03T22:00:00Z',
    '2024-01-04T06:00:00Z',
    '2024-01-04T22:00:00Z',
  ],
  ['over the weekend', ['mon-fri 06:00-22:00'], '2024-01-06T12:00:00Z', '2024-01-08T06:00:00Z', '2024-01-08T22:00:00Z'],
  ['past midnight', ['sat 22:00-04:00'], '2024-01-07T03:59:59Z', '2024-01-06T22:00:00Z', '2024-01-07T04:00:00Z'],
  ['past Sunday, before', ['sun 22:00-04:00'], '2024-01-07T23:00:00Z', '2024-01-07T22:00:00Z', '2024-01-08T04:00:00Z'],
  ['past Sunday, after', ['sun 22:00-04:00'], '2024-01-08T03:00:00Z', '2024-01-07T22:00:00Z', '2024-01-08T04:00:00Z'],
  [
    'days around the weekend',
    ['fri-mon 10:00-12:00'],
    '2024-01-08T09:00:00Z',
    '2024-01-08T10:00:00Z',
    '2024-01-08T12:00:00Z',
  ],
  [
    'ranges that meet are one',
    ['mon 00:00-24:00', 'tue 00:00-12:00'],
    '2024-01-01T01:00:00Z',
    '2024-01-01T00:00:00Z',
    '2024-01-02T12:00:00Z',
  ],
  ['before 1970', ['thu 00:00-02:00'], '1969-12-31T00:00:00Z', '1970-01-01T00:00:00Z', '1970-01-01T02:00:00Z'],
];
for (const [says, ranges, now, from, to] of cases) {
  test(`${ranges.join(', ')} at ${now}: ${says}`, () =>
    deepEqual(
      openTimes(ranges, now),
      [from, to].map((iso) => new Date(at(iso)).toISOString()),
    ));
}

test('all days all hours is always', () => {
  equal(openTimeAt(hours('mon-sun 00:00-24:00'), 0).toMs, Number.POSITIVE_INFINITY);
});

test('the open time agrees with a walk through the minutes', () => {
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  const time = fc.record({ day: fc.nat(6), from: fc.nat(1_439), minutes: fc.integer({ min: 90, max: 1_439 }) });
  const clock = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const weekMinutes = 10_080;
  fc.assert(
    fc.property(fc.array(time, { minLength: 1, maxLength: 4 }), fc.nat(weekMinutes - 1), (times, minute) => {
      const open = new Array<boolean>(weekMinutes).fill(false);
      for (const { day, from, minutes } of times) {
        for (let i = 0; i < minutes; i++) open[(day * 1_440 + from + i) % weekMinutes] = true;
      }
      const isOpen = (at: number) => open[((at % weekMinutes) + weekMinutes) % weekMinutes]!;
      const ranges = times.map(
        ({ day, from, minutes }) => `${days[day]} ${clock(from)}-${clock((from + minutes) % 1_440)}`,
      );
      let start = minute;
      while (!isOpen(start)) start++;
      let end = start;
      while (isOpen(end)) end++;
      while (isOpen(start - 1)) start--;
      const mondayMs = at('2024-01-01T00:00:00Z');
      deepEqual(openTimeAt(hours(...ranges), mondayMs + minute * 60_000), {
        fromMs: mondayMs + start * 60_000,
        toMs: mondayMs + end * 60_000,
      });
    }),
  );
});
