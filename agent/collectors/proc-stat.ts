import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector, type Readings, type Step } from '../collector.ts';
import { cpuShares } from '../cpu-shares.ts';
import { gauge, over, type Reading, rate } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

/** Kinds of time on a `cpu` line, in the kernel's order; user contains guest, nice contains guest_nice. */
export const cpuTimeKinds = 8;

export interface ProcStat {
  /** Jiffies: user, nice, system, idle, iowait, irq, softirq, steal. */
  readonly allCpus: readonly number[];
  /** The same of each CPU that is online, by its id. */
  readonly cpus: ReadonlyMap<number, readonly number[]>;
  /** First number of the other lines, by name. */
  readonly totals: ReadonlyMap<string, number>;
  readonly softirqsNetRx: number;
}

export function parseProcStat(bytes: Uint8Array): ProcStat {
  const cursor = new ByteCursor(bytes);
  const cpus = new Map<number, readonly number[]>();
  const totals = new Map<string, number>();
  let allCpus: readonly number[] = new Array<number>(cpuTimeKinds).fill(Number.NaN);
  let softirqsNetRx = Number.NaN;
  while (!cursor.done) {
    const word = cursor.word();
    if (word === 'cpu') allCpus = cpuTimes(cursor);
    else if (word.startsWith('cpu')) cpus.set(Number(word.slice(3)), cpuTimes(cursor));
    else if (word !== '') totals.set(word, cursor.integer());
    // softirq: total, then HI, TIMER, NET_TX, NET_RX.
    if (word === 'softirq') for (let kind = 0; kind < 4; kind++) softirqsNetRx = cursor.integer();
    cursor.nextLine();
  }
  return { allCpus, cpus, totals, softirqsNetRx };
}

/** Kernels before 2.6.11 print fewer kinds of time: the rest is 0. The first four are always there. */
function cpuTimes(cursor: ByteCursor): number[] {
  const times = new Array<number>(cpuTimeKinds);
  for (let kind = 0; kind < cpuTimeKinds; kind++) times[kind] = kind >= 4 && cursor.lineDone ? 0 : cursor.integer();
  return times;
}

function derive({ previous, current, elapsedS }: Step<ProcStat>): Readings {
  const perSecond = (name: string, bits: 32 | 64): Reading => {
    const now = current.totals.get(name);
    if (now === undefined) return 'not_supported_kernel';
    return rate({ previous: previous?.totals.get(name), current: now, elapsedS, bits });
  };
  const shares = cpuShares({ previous, current });
  return {
    ...shares,
    cpu_kernel_of_busy_ratio: over(
      shares['cpu_system_ratio'] ?? 'implausible',
      shares['cpu_busy_ratio'] ?? 'implausible',
    ),
    cpu_core_count: current.cpus.size === 0 ? 'implausible' : current.cpus.size,
    procs_running_count: gauge(current.totals.get('procs_running')),
    procs_blocked_count: gauge(current.totals.get('procs_blocked')),
    context_switches_per_s: perSecond('ctxt', 64),
    forks_per_s: perSecond('processes', 64),
    // Sums over CPUs of 32-bit counters: one CPU's wrap takes 2^32 off the sum.
    interrupts_per_s: perSecond('intr', 32),
    softirqs_per_s: perSecond('softirq', 32),
    softirqs_net_rx_per_s: Number.isNaN(current.softirqsNetRx)
      ? 'not_supported_kernel'
      : rate({ previous: previous?.softirqsNetRx, current: current.softirqsNetRx, elapsedS, bits: 32 }),
  };
}

export default defineCollector<ProcStat>({
  name: 'proc-stat',
  counters: [
    'cpu_busy_ratio',
    'cpu_user_ratio',
    'cpu_system_ratio',
    'cpu_iowait_ratio',
    'cpu_irq_ratio',
    'cpu_softirq_ratio',
    'cpu_steal_ratio',
    'cpu_kernel_of_busy_ratio',
    'cpu_busiest_ratio',
    'cpu_saturated_ratio',
    'cpu_softirq_skew_ratio',
    'cpu_core_count',
    'procs_running_count',
    'procs_blocked_count',
    'context_switches_per_s',
    'forks_per_s',
    'interrupts_per_s',
    'softirqs_per_s',
    'softirqs_net_rx_per_s',
  ],
  read: (tree) => {
    const bytes = tree.read('proc/stat');
    return isBytes(bytes) ? parseProcStat(bytes) : bytes;
  },
  derive,
});
