import { type Clock, systemClock } from '../base/clock.ts';
import { type LogLines, logLines } from '../base/log-lines.ts';
import { ownCounter, ownGauge } from '../base/own-metrics.ts';
import { codecOf } from '../schemas/codec.ts';
import type { SystemInfo } from '../schemas/records.ts';
import { agentVersion } from './agent-version.ts';
import { loadCollectors } from './collector-registry.ts';
import { FileTree } from './file-tree.ts';
import { HostReader } from './host-reader.ts';
import type { Publisher } from './publisher/publisher.ts';
import type { ApplicationValues, HostSample } from './sample.ts';
import { type SampleDetails, type Sampler, startSampler } from './sampler.ts';
import { readSystemInfo } from './system-info/system-info.ts';

export interface AgentOptions {
  readonly host: string;
  /** Where samples and SystemInfo go; undefined = nowhere but `onSample`. */
  readonly publisher?: Pick<Publisher, 'publish' | 'publishSystemInfo'>;
  readonly applicationValues?: ApplicationValues;
  /** Default 1000. */
  readonly intervalMs?: number;
  readonly onSample?: (sample: HostSample, details: SampleDetails) => void;
  readonly clock?: Clock;
  readonly lines?: LogLines;
}

export interface RunningAgent {
  readonly sampler: Sampler;
  stop(): void;
}

const metrics = {
  missed: ownCounter('dyno_agent_missed_seconds_total', 'Seconds that passed without a sample'),
  late: ownGauge('dyno_agent_late_ms', 'How long after its second the last sample was read'),
  unavailable: ownGauge('dyno_agent_counters_unavailable', 'Catalogue counters that this host does not have'),
  refused: ownCounter('dyno_agent_application_values_refused_total', 'Application values that could not be taken'),
};

/** SystemInfo goes out with the first sample, when availability has changed, and this often besides. */
const systemInfoEveryMs = 3_600_000;

/** dynolog on this machine: samples every second and publishes, until stopped. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { host, publisher, intervalMs = 1_000, clock = systemClock, lines = logLines('agent') } = options;
  const tree = new FileTree({ root: '/', live: true });
  const reader = new HostReader({
    collectors: await loadCollectors(),
    onFailure: (collector, error) =>
      lines.warn(
        { event: 'collector_failed', collector, error, runbook: 'docs/runbook/DYNO_AGENT_COLLECTOR_FAILED.md' },
        'A collector failed; its counters have no value until it works again.',
      ),
  });
  const codec = codecOf('dyno.systeminfo.v1');
  const version = agentVersion();
  const systemInfoOf = (timeMs: number, { availability }: SampleDetails): SystemInfo =>
    readSystemInfo({ tree, host, timeMs, intervalMs, agentVersion: version, availability });
  let systemInfoAtMs = Number.NEGATIVE_INFINITY;
  let missedBefore = 0;
  const sampler = startSampler({
    host,
    clock,
    reader,
    tree,
    intervalMs,
    ...(options.applicationValues && { applicationValues: options.applicationValues }),
    onSample: (sample, details) => {
      publisher?.publish([sample]);
      options.onSample?.(sample, details);
      metrics.late.set(details.lateMs);
      metrics.refused.inc(details.refusedValues);
      metrics.missed.inc(sampler.missedSeconds - missedBefore);
      missedBefore = sampler.missedSeconds;
      if (!details.availabilityChanged && sample.timeMs - systemInfoAtMs < systemInfoEveryMs) return;
      systemInfoAtMs = sample.timeMs;
      metrics.unavailable.set(details.availability.size);
      publisher?.publishSystemInfo(host, codec.encode(systemInfoOf(sample.timeMs, details), 0));
    },
  });
  const stop = () => {
    sampler.stop();
    tree.close();
  };
  return { sampler, stop };
}
