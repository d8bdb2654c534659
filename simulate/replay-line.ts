import type { HostSample } from '../agent/sample.ts';
import { counters } from '../schemas/counters.ts';

const names = counters.map(({ name }) => name);

/** A sample as one line of the replay format: counters that have a value, in the catalogue's order. */
export function replayLine({ host, timeMs, values, app }: HostSample): string {
  const delivered: Record<string, number> = {};
  for (let column = 0; column < names.length; column++) {
    const value = values[column]!;
    if (!Number.isNaN(value)) delivered[names[column]!] = value;
  }
  const line = { time: new Date(timeMs).toISOString(), host, counters: delivered };
  return `${JSON.stringify(app === undefined ? line : { ...line, app: Object.fromEntries(app) })}\n`;
}
