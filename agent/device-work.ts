import { over, type Reading, rate, times } from './readings.ts';

/** What one direction of a block device did, per second. */
export interface Transfers {
  readonly ios: Reading;
  readonly sectors: Reading;
  readonly ms: Reading;
}

/** What one block device did between two reads. */
export interface DeviceWork {
  readonly rd: Transfers;
  readonly wr: Transfers;
  readonly busyRatio: Reading;
  readonly queue: Reading;
  /** Mean time of a request, reads and writes together. */
  readonly latencyMs: Reading;
}

export interface DeviceStep {
  readonly previous: readonly number[] | undefined;
  readonly current: readonly number[];
  readonly elapsedS: number;
}

/** The fields after a device's name in /proc/diskstats. Times are 32-bit milliseconds: they wrap after 49 busy days. */
const field = { rdIos: 0, rdSectors: 2, rdMs: 3, wrIos: 4, wrSectors: 6, wrMs: 7, busyMs: 9, queueMs: 10 } as const;

export function deviceWork({ previous, current, elapsedS }: DeviceStep): DeviceWork {
  const perSecond = (index: number, bits: 32 | 64): Reading =>
    rate({ previous: previous?.[index], current: current[index] ?? Number.NaN, elapsedS, bits });
  const rd = {
    ios: perSecond(field.rdIos, 64),
    sectors: perSecond(field.rdSectors, 64),
    ms: perSecond(field.rdMs, 32),
  };
  const wr = {
    ios: perSecond(field.wrIos, 64),
    sectors: perSecond(field.wrSectors, 64),
    ms: perSecond(field.wrMs, 32),
  };
  return {
    rd,
    wr,
    busyRatio: times(perSecond(field.busyMs, 32), 1e-3),
    queue: times(perSecond(field.queueMs, 32), 1e-3),
    latencyMs: over(plus(rd.ms, wr.ms), plus(rd.ios, wr.ios)),
  };
}

/** Both or the reason of the first that is missing. */
function plus(a: Reading, b: Reading): Reading {
  if (typeof a !== 'number') return a;
  return typeof b === 'number' ? a + b : b;
}
