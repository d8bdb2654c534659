import type { CheckedValue } from '../../base/yaml/checked-value.ts';

/** A stretch of the week, in minutes since Monday 00:00 UTC: from ≤ minute < to. */
export interface WeekRange {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Times in which tests may run: in order, apart from each other, never empty. */
export type WeekHours = readonly WeekRange[];

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;
const minuteMs = 60_000;
const weekMs = weekMinutes * minuteMs;
/** 1970-01-01 was a Thursday: the first Monday began four days later. */
const firstMondayMs = 4 * dayMinutes * minuteMs;

export const always: WeekHours = [{ fromMinute: 0, toMinute: weekMinutes }];

/** A test takes an hour at most; a shorter time has no room for one, nor for tiers that begin apart from each other. */
const openMinutesMin = 90;
/** Most ranges of one tier. */
const rangesMax = 50;
const expected =
  'times in UTC for hours; write always, or a list like [mon-fri 06:00-22:00, sat 08:00-12:00], past midnight as 22:00-04:00';

/** `always`, one range, or a list of ranges. Throws the fault of what is no range of times. */
export function readHours(value: CheckedValue): WeekHours {
  if (value.parsed === 'always') return always;
  const written = Array.isArray(value.parsed) ? value.list('times') : [value];
  if (written.length === 0 || written.length > rangesMax) {
    throw value.fault(
      `hours has ${written.length} ranges of times, expected 1 to ${rangesMax}; write always for any time`,
    );
  }
  const hours = merged(written.flatMap(rangesOf));
  const short = openRanges(hours).find(({ fromMinute, toMinute }) => toMinute - fromMinute < openMinutesMin);
  if (short === undefined) return hours;
  const minutes = short.toMinute - short.fromMinute;
  throw value.fault(
    `hours has a time of ${minutes} minutes, expected at least ${openMinutesMin} without a break: a test may take an hour; write a longer one`,
  );
}

const rangePattern = /^([a-z]{3})(?:-([a-z]{3}))? (\d\d):([0-5]\d)-(\d\d):([0-5]\d)$/;

function rangesOf(value: CheckedValue): WeekRange[] {
  const match = typeof value.parsed === 'string' ? rangePattern.exec(value.parsed.trim()) : null;
  if (match === null) throw value.wrong(expected);
  const firstDay = dayNames.indexOf(match[1]!);
  const lastDay = match[2] === undefined ? firstDay : dayNames.indexOf(match[2]);
  const fromMinute = Number(match[3]) * 60 + Number(match[4]);
  const toMinute = Number(match[5]) * 60 + Number(match[6]);
  const isTime = fromMinute < dayMinutes && toMinute <= dayMinutes && fromMinute !== toMinute;
  if (firstDay < 0 || lastDay < 0 || !isTime) throw value.wrong(expected);
  const minutes = toMinute > fromMinute ? toMinute - fromMinute : toMinute + dayMinutes - fromMinute;
  const days = 1 + ((lastDay - firstDay + 7) % 7);
  return Array.from({ length: days }, (_, i) => {
    const start = (((firstDay + i) % 7) * dayMinutes + fromMinute) % weekMinutes;
    return { fromMinute: start, toMinute: start + minutes };
  }).flatMap(withinWeek);
}

/** What goes past Sunday's midnight belongs to the beginning of the week. */
const withinWeek = ({ fromMinute, toMinute }: WeekRange): WeekRange[] =>
  toMinute <= weekMinutes
    ? [{ fromMinute, toMinute }]
    : [
        { fromMinute, toMinute: weekMinutes },
        { fromMinute: 0, toMinute: toMinute - weekMinutes },
      ];

function merged(ranges: readonly WeekRange[]): WeekHours {
  const result: WeekRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.fromMinute - b.fromMinute)) {
    const last = result.at(-1);
    if (last === undefined || range.fromMinute > last.toMinute) result.push(range);
    else result[result.length - 1] = { ...last, toMinute: Math.max(last.toMinute, range.toMinute) };
  }
  return result;
}

/** The ranges, with what meets at Sunday's midnight as one that begins before the week. */
function openRanges(hours: WeekHours): WeekHours {
  const first = hours[0]!;
  const last = hours.at(-1)!;
  const meet = hours.length > 1 && first.fromMinute === 0 && last.toMinute === weekMinutes;
  if (!meet) return hours;
  return [{ fromMinute: last.fromMinute - weekMinutes, toMinute: first.toMinute }, ...hours.slice(1, -1)];
}

/** A time in which tests may run, ms since 1970; infinite for `always`. */
export interface OpenTime {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The open time that `timeMs` is in, else the next one. Times that meet at Sunday's midnight are one. */
export function openTimeAt(hours: WeekHours, timeMs: number): OpenTime {
  const [first] = hours;
  if (first?.fromMinute === 0 && first.toMinute === weekMinutes) {
    return { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
  }
  const weekStartMs = timeMs - modulo(timeMs - firstMondayMs, weekMs);
  const ranges = openRanges(hours);
  const open = [0, weekMs]
    .flatMap((laterMs) =>
      ranges.map(({ fromMinute, toMinute }) => ({
        fromMs: weekStartMs + laterMs + fromMinute * minuteMs,
        toMs: weekStartMs + laterMs + toMinute * minuteMs,
      })),
    )
    .find(({ toMs }) => timeMs < toMs);
  return open!;
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
