import type { Readings } from './collector.ts';
import { largestOf, over, type Reading, sumOf } from './readings.ts';

/** Jiffies by kind: user, nice, system, idle, iowait, irq, softirq, steal; of all CPUs and of each by its id. */
interface CpuTimes {
  readonly allCpus: readonly number[];
  readonly cpus: ReadonlyMap<number, readonly number[]>;
}

const saturatedAbove = 0.95;

/**
 * Where the CPU time between two reads went. Busy = total − idle − iowait; guest time is inside user already and is
 * not added. A CPU that came online between the reads has no share yet; one that left drops out.
 */
export function cpuShares(step: { previous: CpuTimes | undefined; current: CpuTimes }): Readings {
  const { previous, current } = step;
  const spent = timeSpent(previous?.allCpus, current.allCpus);
  const perCpu = [...current.cpus].map(([id, times]) => timeSpent(previous?.cpus.get(id), times));
  const busyOfCpus = perCpu.map((cpu) => share(cpu, busyOf)).filter((busy) => busy !== 'no_events');
  const known = busyOfCpus.filter((busy): busy is number => typeof busy === 'number');
  return {
    cpu_busy_ratio: share(spent, busyOf),
    cpu_user_ratio: share(spent, ([user = 0, nice = 0]) => user + nice),
    cpu_system_ratio: share(spent, ([, , system = 0, , , irq = 0, softirq = 0]) => system + irq + softirq),
    cpu_iowait_ratio: share(spent, ([, , , , iowait = 0]) => iowait),
    cpu_irq_ratio: share(spent, ([, , , , , irq = 0]) => irq),
    cpu_softirq_ratio: share(spent, softirqOf),
    cpu_steal_ratio: share(spent, ([, , , , , , , steal = 0]) => steal),
    cpu_busiest_ratio: largestOf(busyOfCpus, 'implausible'),
    cpu_saturated_ratio:
      known.length > 0
        ? known.filter((busy) => busy > saturatedAbove).length / known.length
        : (busyOfCpus[0] ?? 'implausible'),
    cpu_softirq_skew_ratio: skew(perCpu.map((cpu) => (typeof cpu === 'string' ? cpu : softirqOf(cpu)))),
  };
}

type Spent = readonly number[] | 'first_sample' | 'reset' | 'implausible';

/** Jiffies by kind between two reads. Idle and iowait may fall back by a few on a running kernel: that is no time. */
function timeSpent(previous: readonly number[] | undefined, current: readonly number[]): Spent {
  if (previous === undefined) return 'first_sample';
  const differences = current.map((now, kind) => now - (previous[kind] ?? Number.NaN));
  if (differences.some(Number.isNaN)) return 'implausible';
  if (sum(differences) < 0) return 'reset';
  return differences.map((difference) => Math.max(0, difference));
}

function share(spent: Spent, part: (spent: readonly number[]) => number): Reading {
  return typeof spent === 'string' ? spent : over(part(spent), sum(spent));
}

const busyOf = (spent: readonly number[]): number => sum(spent) - (spent[3] ?? 0) - (spent[4] ?? 0);
const softirqOf = ([, , , , , , softirq = 0]: readonly number[]): number => softirq;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const skew = (softirqs: readonly Reading[]): Reading =>
  over(largestOf(softirqs, 'implausible'), sumOf(softirqs, 'implausible'));
