/** Lengths and lateness of the base windows. Windows are (start, end]; all times are ms since 1970. */
export const secondMs = 1_000;
export const tenSecondsMs = 10_000;
/** A 10-s window waits this long for late records; a 1-s window does not wait. */
export const tenSecondsLatenessMs = 15_000;
/** A record further ahead of its append time than this comes from a wrong clock. */
export const skewMsMax = 60_000;

/** End of the window of this length that holds the moment. */
export const windowEndOf = (timeMs: number, windowMs: number): number => Math.ceil(timeMs / windowMs) * windowMs;

/** Every window of this length that ends at or before the answer is closed at this watermark. */
export const closedThroughAt = (watermarkMs: number, windowMs: number, latenessMs: number): number =>
  Math.floor((watermarkMs - latenessMs) / windowMs) * windowMs;
