import type { UnavailableReason } from '../schemas/counter.ts';

/** What a collector says of one counter: its value, or why there is none. */
export type Reading = number | UnavailableReason;

export const isValue = (reading: Reading): reading is number => typeof reading === 'number';

export interface CounterStep {
  readonly previous: number | undefined;
  readonly current: number;
  /** Width at which the kernel's counter wraps; a fall of a wider one is a reset. */
  readonly bits?: 32 | 48 | 64;
}

/** Totals are read modulo this (see ByteCursor.integer), so that their differences are exact whatever their size. */
export const totalModulus = 2 ** 53;

/**
 * The furthest a total comes between two samples across a multiple of the modulus: 69 GB, or 69 s of nanoseconds. Totals
 * that fall by a reset are nearly never so close below one, and then make no more of it than this.
 */
const acrossModulusMax = 2 ** 36;

/**
 * How far a rising total went, exact for 64-bit totals. A fall is a wrap when the total is declared narrower and the
 * way across the wrap is less than half its range, or when a 64-bit total was just below a multiple of the modulus;
 * otherwise it is a reset.
 */
export function rise({ previous, current, bits = 64 }: CounterStep): Reading {
  if (previous === undefined) return 'first_sample';
  const difference = current - previous;
  if (Number.isNaN(difference)) return 'implausible';
  if (difference >= 0) return difference < totalModulus / 2 ? difference : 'reset';
  const modulus = bits === 64 ? totalModulus : 2 ** bits;
  const acrossMax = bits === 64 ? acrossModulusMax : modulus / 2;
  const acrossWrap = difference + modulus;
  return acrossWrap >= 0 && acrossWrap < acrossMax ? acrossWrap : 'reset';
}

/** Rise per second of real elapsed time. */
export const rate = (step: CounterStep & { readonly elapsedS: number }): Reading =>
  over(rise(step), step.elapsedS > 0 ? step.elapsedS : 'implausible');

/** `part / whole`; nothing to divide by is `no_events`, and a missing operand passes its reason on. */
export function over(part: Reading, whole: Reading): Reading {
  if (!isValue(part)) return part;
  if (!isValue(whole)) return whole;
  return whole === 0 ? 'no_events' : part / whole;
}

export const times = (reading: Reading, factor: number): Reading => (isValue(reading) ? reading * factor : reading);

/**
 * The sum of those that have a value: a device or CPU that is new or was reset has none, and is left out. One implausible
 * part makes the sum so; when no part has a value, the first reason holds; without parts, `ifEmpty`.
 */
export const sumOf = (readings: readonly Reading[], ifEmpty: UnavailableReason): Reading =>
  folded(readings, ifEmpty, (values) => values.reduce((sum, value) => sum + value, 0));

/** The largest of those that have a value, with the reasons as in `sumOf`. */
export const largestOf = (readings: readonly Reading[], ifEmpty: UnavailableReason): Reading =>
  folded(readings, ifEmpty, (values) => values.reduce((largest, value) => Math.max(largest, value), -Infinity));

function folded(
  readings: readonly Reading[],
  ifEmpty: UnavailableReason,
  fold: (values: readonly number[]) => number,
): Reading {
  if (readings.includes('implausible')) return 'implausible';
  const values = readings.filter(isValue);
  return values.length > 0 ? fold(values) : (readings[0] ?? ifEmpty);
}

/** A field that an older kernel does not print. */
export const gauge = (value: number | undefined): Reading => value ?? 'not_supported_kernel';
