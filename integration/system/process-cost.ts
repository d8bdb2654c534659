import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessCost {
  /** CPU of the process and its living children, since their start. */
  readonly cpuS: number;
  /** Highest resident memory so far, children included. */
  readonly peakBytes: number;
}

/** USER_HZ: what /proc counts in, the same on every Linux that Node runs on. */
const ticksPerS = 100;

/** What a process and its children have cost until now, as the kernel says. */
export function costOf(pid: number): ProcessCost {
  let cpuS = 0;
  let peakBytes = 0;
  for (const each of [pid, ...childrenOf(pid)]) {
    const fields = statFields(each);
    // utime and stime; of the process itself also what its ended children took.
    cpuS += (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) / ticksPerS;
    peakBytes += Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
  }
  return { cpuS, peakBytes };
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(statFields(pid)[1]) === parent;
      } catch {
        return false;
      }
    });
}

/** Fields of /proc/PID/stat from the third (state) on: the name before may hold blanks. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
