import type { CounterDefinition } from '../schemas/counter.ts';
import { isValue, type Reading } from './readings.ts';

/** Reads of one sample lie some milliseconds apart: a share may come out this far above the whole. */
const ratioMax = 1.05;
/** Above every total that a machine can have: something was read that was no number of this kind. */
const valueMax = 1e18;
const coldestCelsius = -60;

/** The reading as it may be published: live but wrong is worse than none. */
export function plausible(counter: CounterDefinition, reading: Reading): Reading {
  if (!isValue(reading)) return reading;
  const least = counter.unit === '°C' ? coldestCelsius : 0;
  if (!(reading >= least && reading <= valueMax)) return 'implausible';
  if (counter.kind !== 'ratio') return reading;
  return reading <= ratioMax ? Math.min(1, reading) : 'implausible';
}
