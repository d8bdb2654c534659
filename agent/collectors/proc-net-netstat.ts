import { defineCollector, type Step } from '../collector.ts';
import { protocolNumbers } from '../protocol-tables.ts';
import { type Reading, rate } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

export interface Netstat {
  readonly numbers: ReadonlyMap<string, number>;
}

const totals: Readonly<Record<string, string>> = {
  tcp_listen_overflows_per_s: 'TcpExt.ListenOverflows',
  tcp_listen_drops_per_s: 'TcpExt.ListenDrops',
};

function perSecond({ previous, current, elapsedS }: Step<Netstat>, name: string): Reading {
  const now = current.numbers.get(name);
  if (now === undefined) return 'not_supported_kernel';
  return rate({ previous: previous?.numbers.get(name), current: now, elapsedS });
}

export default defineCollector<Netstat>({
  name: 'proc-net-netstat',
  counters: Object.keys(totals),
  read: (tree) => {
    const bytes = tree.read('proc/net/netstat');
    return isBytes(bytes) ? { numbers: protocolNumbers(bytes) } : bytes;
  },
  derive: (step) =>
    Object.fromEntries(Object.entries(totals).map(([counter, name]) => [counter, perSecond(step, name)])),
});
