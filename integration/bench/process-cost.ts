import { readFileSync } from 'node:fs';

/** What a process has cost so far, as the kernel counts it. */
export interface ProcessCost {
  readonly cpuS: number;
  readonly rssMb: number;
  /** The most it ever held. */
  readonly rssMaxMb: number;
  readonly atMs: number;
}

const ticksPerSecond = 100;

export function costOf(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold anything; fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    cpuS: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    rssMb: kilobytes('VmRSS') / 1024,
    rssMaxMb: kilobytes('VmHWM') / 1024,
    atMs: performance.now(),
  };
}

/** Share of one core between two looks. */
export const coresBetween = (from: ProcessCost, to: ProcessCost): number =>
  (to.cpuS - from.cpuS) / ((to.atMs - from.atMs) / 1_000);
