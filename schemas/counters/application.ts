import type { CounterDefinition } from '../counter.ts';
import { type CounterLine, countersOf } from './define.ts';

const { gauge, rate } = countersOf('application');

/** Names of the web application's values are the seed's own, letter for letter. */
const seedValue = (name: string, line: Omit<CounterLine, 'source'>): CounterDefinition =>
  gauge(name, { ...line, source: 'application', seedLabel: name, seedName: name });

const percentiles = ['p25', 'p50', 'p75', 'p95', 'p99'] as const;

/** What applications push, and what the agent says of itself. */
export const applicationCounters: readonly CounterDefinition[] = [
  rate('requests_per_s', { summary: 'Requests (hits) served per second.', source: 'application' }),
  rate('errors_per_s', { summary: 'Requests per second that failed.', source: 'application' }),
  seedValue('duration_avg_ms', { summary: 'Mean duration of a hit.' }),
  seedValue('duration_cpu_avg_ms', { summary: 'Mean CPU time of a hit; the rest of its duration is waiting.' }),
  ...percentiles.map((percentile) =>
    seedValue(`duration_ms_${percentile}`, {
      unit: 'ms',
      summary: `Duration of hits, ${percentile.slice(1)}th percentile.`,
    }),
  ),
  gauge('dynolog_uptime_min', {
    aggregation: 'last',
    summary: 'Minutes since this agent started.',
    source: 'the agent itself',
    seedLabel: 'dynolog_uptime_min',
    seedName: 'dynolog_uptime_min',
  }),
  seedValue('ego_renders_per_hit', { unit: '1/hit', summary: 'Ads rendered per hit.' }),
  seedValue('ego_renders_per_sec', { unit: '1/s', summary: 'Ads rendered per second.' }),
  seedValue('instructions_hit_percent_of_busy', {
    unit: '%',
    summary: 'Share of the busy instructions that were spent in hits, 0–100.',
  }),
  seedValue('instructions_per_cpu_count', {
    unit: 'count',
    summary: 'Observations behind the instructions_per_cpu values.',
  }),
  seedValue('instructions_per_cpu_sec', { unit: 'instructions/s', summary: 'Instructions per second of CPU time.' }),
  ...percentiles.slice(0, 4).map((percentile) =>
    seedValue(`instructions_per_cpu_sec_${percentile}`, {
      unit: 'instructions/s',
      summary: `Instructions per second of CPU time over hits, ${percentile.slice(1)}th percentile.`,
    }),
  ),
  seedValue('instructions_per_kcycle', {
    unit: 'instructions/kcycle',
    summary: '1000 × instructions ÷ cycles of the application.',
  }),
  rate('agent_cpu_ms_per_s', {
    summary: 'CPU time of this agent per second, all its threads: 10 is one per cent of a CPU.',
    source: 'the agent itself',
  }),
  gauge('agent_rss_bytes', { summary: 'Resident memory of this agent.', source: 'the agent itself' }),
  gauge('agent_sampling_ms', {
    summary: 'Time the sample before took to read and compute.',
    source: 'the agent itself',
  }),
  gauge('agent_late_ms', {
    aggregation: 'max',
    summary: 'How long after its second this sample was read.',
    source: 'the agent itself',
  }),
  rate('agent_missed_seconds_per_s', {
    summary: 'Seconds that passed without a sample since the one before, per second.',
    source: 'the agent itself',
  }),
];
