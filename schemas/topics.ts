import { avroTopics, subjectOf } from './codec.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** One topic: what it is for, how it is kept. Names are fixed; add topics, do not rename them. */
export interface TopicSpec {
  readonly name: string;
  /** What the key is, for people. */
  readonly key: string;
  /** What decides the partition: murmur2 of it. */
  readonly partitionBy: string;
  readonly value: string;
  readonly cleanup: 'delete' | 'compact' | 'compact+delete';
  /** For `compact`: how long tombstones are kept. */
  readonly retentionMs: number;
  /** `data`: as many as the settings say, equal for topics that one task reads. */
  readonly partitions: 'data' | 1;
}

/** What the log is asked to create. */
export interface WantedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly cleanup: TopicSpec['cleanup'];
  readonly retentionMs: number;
}

const topic = (name: string, spec: Omit<TopicSpec, 'name' | 'partitionBy'> & { partitionBy?: string }): TopicSpec => ({
  name,
  partitionBy: spec.key,
  ...spec,
});

export const topics: readonly TopicSpec[] = [
  topic('dyno.counters.v1', {
    key: 'host',
    value: 'HostCounters; ticks have no key and no value',
    cleanup: 'delete',
    retentionMs: dayMs,
    partitions: 'data',
  }),
  topic('dyno.counters.v1.dlq', {
    key: 'as the source',
    partitionBy: 'partition of the source',
    value: 'the original bytes, with __connect.errors.* headers',
    cleanup: 'delete',
    retentionMs: 14 * dayMs,
    partitions: 'data',
  }),
  topic('dyno.systeminfo.v1', {
    key: 'host',
    value: 'SystemInfo',
    cleanup: 'compact',
    retentionMs: dayMs,
    partitions: 'data',
  }),
  topic('topology.hosts.v1', {
    key: 'host',
    value: 'HostPlacements',
    cleanup: 'compact',
    retentionMs: dayMs,
    partitions: 1,
  }),
  topic('topology.services.v1', {
    key: 'service',
    value: 'ServiceInfo',
    cleanup: 'compact',
    retentionMs: dayMs,
    partitions: 1,
  }),
  topic('dyno.tier-seconds.v1', {
    key: 'tier',
    value: 'TierSecondsBlock or WindowMarker',
    cleanup: 'delete',
    retentionMs: 6 * hourMs,
    partitions: 'data',
  }),
  topic('dyno.host-windows.v1', {
    key: 'service',
    value: 'HostWindowsBlock or WindowMarker',
    cleanup: 'delete',
    retentionMs: 6 * hourMs,
    partitions: 'data',
  }),
  topic('dyno.tier-windows.v1', {
    key: 'tier',
    value: 'TierWindowsBlock with sketches, or WindowMarker',
    cleanup: 'delete',
    retentionMs: 6 * hourMs,
    partitions: 'data',
  }),
  topic('instantdyno.correlations.v1', {
    key: 'tier',
    value: 'CorrelationsBlock or WindowMarker',
    cleanup: 'delete',
    retentionMs: 3 * dayMs,
    partitions: 'data',
  }),
  topic('instantdyno.state.v1', {
    key: 'key and slot of a closed slice',
    partitionBy: 'partition of the task',
    value: 'checksummed state of a closed slice',
    cleanup: 'compact',
    retentionMs: dayMs,
    partitions: 'data',
  }),
  topic('instantdyno.capacity.v1', {
    key: 'tier',
    value: 'CapacityEstimate: of a load test, or of natural traffic',
    cleanup: 'delete',
    retentionMs: 3 * dayMs,
    partitions: 'data',
  }),
  topic('instantdyno.loadtests.v1', {
    key: 'tier',
    value: 'LoadTestStep: a decision, and the test that ended with it',
    cleanup: 'delete',
    retentionMs: 3 * dayMs,
    partitions: 'data',
  }),
  topic('instantdyno.loadtest-requests.v1', {
    key: 'tier',
    value: 'LoadTestRequest',
    cleanup: 'delete',
    retentionMs: 3 * dayMs,
    partitions: 'data',
  }),
  topic('loadtests.state.v1', {
    key: 'tier, or natural and a tier',
    partitionBy: 'partition of the task',
    value: 'state of its controller, or what its natural traffic said, checksummed',
    cleanup: 'compact',
    retentionMs: dayMs,
    partitions: 'data',
  }),
  topic('tiers.state.v1', {
    key: 'key and slot of a closed slice',
    partitionBy: 'partition of the task',
    value: 'checksummed state of a closed slice',
    cleanup: 'compact',
    retentionMs: dayMs,
    partitions: 'data',
  }),
  topic('dyno.stage-stats.v1', {
    key: 'stage and task',
    value: 'StageStats',
    cleanup: 'delete',
    retentionMs: 14 * dayMs,
    partitions: 'data',
  }),
  topic('loadbalancer.control.v1', {
    key: 'pool',
    partitionBy: 'tier',
    value: 'WeightCommand: the whole desired state of a pool',
    cleanup: 'compact+delete',
    retentionMs: 3 * dayMs,
    partitions: 'data',
  }),
  topic('loadbalancer.applied.v1', {
    key: 'pool',
    partitionBy: 'tier',
    value: 'WeightApplied',
    cleanup: 'delete',
    retentionMs: 30 * dayMs,
    partitions: 'data',
  }),
  topic('loadbalancer.killswitch.v1', {
    key: 'scope',
    value: 'KillSwitch',
    cleanup: 'compact',
    retentionMs: dayMs,
    partitions: 1,
  }),
];

/** Every topic as the log is to have it. */
export const topicSettings = (options: { readonly partitions: number }): WantedTopic[] =>
  topics.map(({ name, cleanup, retentionMs, partitions }) => ({
    name,
    partitions: partitions === 'data' ? options.partitions : partitions,
    cleanup,
    retentionMs,
  }));

/** Subjects to register before anything is written: those of every topic with Avro values. */
export const subjects = (): readonly { readonly topic: string; readonly subject: string }[] =>
  avroTopics.map((name) => ({ topic: name, subject: subjectOf(name) }));
