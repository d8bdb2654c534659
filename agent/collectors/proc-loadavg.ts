import { defineCollector } from '../collector.ts';
import { isBytes } from '../source-tree.ts';

export interface LoadAverages {
  readonly load1: number;
  readonly load5: number;
  readonly load15: number;
  readonly threads: number;
}

/** `0.45 0.30 0.25 2/345 12345` */
export function parseLoadavg(text: string): LoadAverages {
  const [load1, load5, load15, tasks] = text.trim().split(' ');
  return {
    load1: decimal(load1),
    load5: decimal(load5),
    load15: decimal(load15),
    threads: decimal(tasks?.split('/')[1]),
  };
}

const decimal = (text: string | undefined): number => (text && /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);

export default defineCollector<LoadAverages>({
  name: 'proc-loadavg',
  counters: ['load1', 'load5', 'load15', 'threads_count'],
  read: (tree) => {
    const bytes = tree.read('proc/loadavg');
    return isBytes(bytes) ? parseLoadavg(Buffer.from(bytes).toString('latin1')) : bytes;
  },
  derive: ({ current: { load1, load5, load15, threads } }) => ({ load1, load5, load15, threads_count: threads }),
});
