import { ByteCursor } from './byte-cursor.ts';
import type { Reading } from './readings.ts';
import { isBytes, type SourceTree } from './source-tree.ts';

/** Seconds since the machine started: `12345.67 …` in /proc/uptime. */
export function uptimeS(tree: SourceTree): Reading {
  const bytes = tree.read('proc/uptime');
  if (!isBytes(bytes)) return bytes;
  const seconds = Number(new ByteCursor(bytes).word() || Number.NaN);
  return seconds >= 0 ? seconds : 'implausible';
}

/** The wall-clock second at which the machine started, by the kernel's `btime`; undefined when it does not say. */
export function startedAtS(tree: SourceTree): number | undefined {
  const bytes = tree.read('proc/stat');
  if (!isBytes(bytes)) return undefined;
  const cursor = new ByteCursor(bytes);
  while (!cursor.done) {
    if (cursor.startsWith('btime ')) {
      cursor.skip('btime '.length);
      const seconds = cursor.integer();
      return Number.isNaN(seconds) ? undefined : seconds;
    }
    cursor.nextLine();
  }
  return undefined;
}

/** What tells one run of a machine from the next. */
export interface HostRun {
  readonly startedAtS: number | undefined;
  readonly uptimeS: Reading;
}

/** A step of the wall clock moves btime too; taking that for a restart costs one second's rates, the reverse would invent them. */
const btimeStepMaxS = 2;

/** True when the machine restarted between two looks: its uptime fell, or its start moved. */
export function hasRestarted(step: { readonly previous: HostRun; readonly current: HostRun }): boolean {
  const { previous, current } = step;
  const { uptimeS: uptimeBefore } = previous;
  const { uptimeS: uptimeNow } = current;
  if (typeof uptimeBefore === 'number' && typeof uptimeNow === 'number' && uptimeNow < uptimeBefore) return true;
  if (previous.startedAtS === undefined || current.startedAtS === undefined) return false;
  return Math.abs(current.startedAtS - previous.startedAtS) > btimeStepMaxS;
}
