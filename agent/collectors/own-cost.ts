import { defineCollector } from '../collector.ts';
import { rate, times } from '../readings.ts';

interface OwnCost {
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
  readonly uptimeS: number;
}

const secondsPerMinute = 60;

/** What this process takes from the host it watches. A recording says nothing of the agent that made it. */
export default defineCollector<OwnCost>({
  name: 'own-cost',
  counters: ['agent_cpu_ms_per_s', 'agent_rss_bytes', 'dynolog_uptime_min'],
  read: (tree) => {
    if (!tree.live) return 'not_reported';
    const { user, system } = process.cpuUsage();
    return { cpuMicroseconds: user + system, rssBytes: process.memoryUsage.rss(), uptimeS: process.uptime() };
  },
  derive: ({ previous, current, elapsedS }) => ({
    agent_cpu_ms_per_s: times(
      rate({ previous: previous?.cpuMicroseconds, current: current.cpuMicroseconds, elapsedS }),
      1e-3,
    ),
    agent_rss_bytes: current.rssBytes,
    dynolog_uptime_min: Math.floor(current.uptimeS / secondsPerMinute),
  }),
});
