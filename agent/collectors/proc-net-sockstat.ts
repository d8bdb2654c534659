import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector } from '../collector.ts';
import { gauge } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

export interface Sockstat {
  /** By `TCP.inuse`, `sockets.used`. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** `TCP: inuse 1 orphan 0 tw 0 alloc 7 mem 328` */
export function parseSockstat(bytes: Uint8Array): Sockstat {
  const cursor = new ByteCursor(bytes);
  const numbers = new Map<string, number>();
  for (; !cursor.done; cursor.nextLine()) {
    const protocol = cursor.before(':');
    while (protocol !== undefined && !cursor.lineDone) {
      const name = cursor.word();
      const value = cursor.integer();
      numbers.set(`${protocol}.${name}`, value);
      if (Number.isNaN(value)) cursor.word();
    }
  }
  return { numbers };
}

export default defineCollector<Sockstat>({
  name: 'proc-net-sockstat',
  counters: ['sockets_count', 'tcp_sockets_count', 'tcp_time_wait_count', 'tcp_orphans_count'],
  read: (tree) => {
    const bytes = tree.read('proc/net/sockstat');
    return isBytes(bytes) ? parseSockstat(bytes) : bytes;
  },
  derive: ({ current: { numbers } }) => ({
    sockets_count: gauge(numbers.get('sockets.used')),
    tcp_sockets_count: gauge(numbers.get('TCP.inuse')),
    tcp_time_wait_count: gauge(numbers.get('TCP.tw')),
    tcp_orphans_count: gauge(numbers.get('TCP.orphan')),
  }),
});
