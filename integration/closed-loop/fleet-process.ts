import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../base/clock.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { openPublisher } from '../../cli/system/publishers.ts';
import { openLog } from '../../log/open-log.ts';
import { Random } from '../../simulate/random.ts';
import { runInRealTime } from '../../simulate/real-time.ts';
import { LoadedHost } from './loaded-host.ts';

export interface FleetProcessOptions {
  readonly hosts: readonly string[];
  readonly servers: number;
  readonly serviceMs: number;
  readonly seed: number;
  readonly spoolDir: string;
}

/**
 * A process of its own: HTTP servers of all hosts, and once a second what each of them measured, through the agent's
 * publisher. `node fleet-process.js OPTIONS` with the log and the registry in the environment; says its ports.
 */
const { hosts, servers, serviceMs, seed, spoolDir } = JSON.parse(process.argv[2]!) as FleetProcessOptions;
const say = (event: string, facts: object): void =>
  void process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);

const fleet = hosts.map((host, number) => {
  const random = new Random(seed, number);
  return new LoadedHost(host, { servers, serviceMs, exponential: (mean) => random.exponential(mean) });
});
const ports = await Promise.all(fleet.map((host) => host.listen()));

const settings = loadSettings({ cwd: spoolDir, env: process.env });
const log = await openLog(settings, { clock: systemClock });
const parts = { log, registryUrl: settings.registry.url! };
const publisher = await openPublisher({ name: 'fleet', spoolDir, settings, parts, clock: systemClock });
const lateness = monitorEventLoopDelay({ resolution: 10 });
lateness.enable();
runInRealTime({
  fleet: { second: (timeMs) => fleet.map((host) => host.second(timeMs)) },
  clock: systemClock,
  publish: (samples) => publisher.publish(samples),
});
say('listening', { ports });
setInterval(() => {
  const [p50Ms, p99Ms] = [50, 99].map((share) => Math.round(lateness.percentile(share) / 1e5) / 10);
  say('lateness', { p50Ms, p99Ms, sendFailures: publisher.stats().sendFailures });
  lateness.reset();
}, 10_000);
