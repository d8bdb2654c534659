import { defineCollector } from '../collector.ts';
import { uptimeS } from '../host-start.ts';

export default defineCollector<{ readonly uptimeS: number }>({
  name: 'proc-uptime',
  counters: ['host_uptime_s'],
  read: (tree) => {
    const read = uptimeS(tree);
    return typeof read === 'number' ? { uptimeS: read } : read;
  },
  derive: ({ current }) => ({ host_uptime_s: current.uptimeS }),
});
