import type { HostWindowsBlock } from '../../schemas/blocks.ts';
import { counters } from '../../schemas/counters.ts';

/**
 * A line for each host of a block of 10-s windows: `{time, host, tier, service, window_s, samples, counters, app}`;
 * `time` is the window's end, `samples` the most seconds behind one of its values; counters without a value are left out.
 */
export function windowLines(block: HostWindowsBlock): string[] {
  const { hosts, values, samples, app, windowEndMs, windowMs } = block;
  const time = new Date(windowEndMs).toISOString();
  return hosts.map(({ host, tier, service }, at) => {
    const delivered: Record<string, number> = {};
    let samplesMax = 0;
    for (let counter = 0; counter < counters.length; counter++) {
      const cell = counter * hosts.length + at;
      if (samples[cell] === 0) continue;
      samplesMax = Math.max(samplesMax, samples[cell]!);
      delivered[counters[counter]!.name] = shortest(values[cell]!);
    }
    const window_s = windowMs / 1_000;
    const line = { time, host, tier, service, window_s, samples: samplesMax, counters: delivered };
    const means = app[at];
    return JSON.stringify(means === undefined ? line : { ...line, app: Object.fromEntries(means) });
  });
}

/** The shortest number that is the same 32-bit float: 0.1 rather than 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number(value.toPrecision(9));
}
