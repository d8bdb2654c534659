/** Ends of the ranges of DateTime (2106) and DateTime64 (2299). */
const dateTimeMsMax = 4_294_967_295_000;
const dateTime64MsMax = 10_413_791_999_999;

/** What a stray agent claims as a time must not make an insert fail for ever: it is put to the nearest end of the range. */
const within = (timeMs: number, maxMs: number): number =>
  Number.isNaN(timeMs) ? 0 : Math.min(Math.max(timeMs, 0), maxMs);

/** Whole seconds that a DateTime column can hold. */
export const storedSeconds = (timeMs: number): number => Math.floor(within(timeMs, dateTimeMsMax) / 1_000);

/** Whole milliseconds that a DateTime64(3) column can hold. */
export const storedMilliseconds = (timeMs: number): number => Math.floor(within(timeMs, dateTime64MsMax));

/** A count, or 0 for what is none. */
export const storedCount = (value: number): number => (Number.isSafeInteger(value) && value > 0 ? value : 0);
