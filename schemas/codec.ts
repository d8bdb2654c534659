import { avroCodec, type ValueCodec } from './avro-codec.ts';
import { avroFile } from './avro-file.ts';
import { blockCodec } from './block-codec.ts';
import type {
  CorrelationsBlock,
  HostWindowsBlock,
  TierSecondsBlock,
  TierWindowsBlock,
  WindowMarker,
} from './blocks.ts';
import { type HostCounters, hostCountersCodec } from './host-counters-codec.ts';
import type { CapacityRecord, LoadTestRequest, LoadTestStep } from './load-test-records.ts';
import { recordMapping } from './record-mapping.ts';
import type { HostPlacements, ServiceInfo, StageStats, SystemInfo } from './records.ts';
import type { KillSwitch, WeightApplied, WeightCommand } from './weight-records.ts';

/** What a value of each topic is, for topics whose values are Avro. */
export interface TopicValues {
  readonly 'dyno.counters.v1': HostCounters;
  readonly 'dyno.systeminfo.v1': SystemInfo;
  readonly 'topology.hosts.v1': HostPlacements;
  readonly 'topology.services.v1': ServiceInfo;
  readonly 'dyno.tier-seconds.v1': TierSecondsBlock | WindowMarker;
  readonly 'dyno.host-windows.v1': HostWindowsBlock | WindowMarker;
  readonly 'dyno.tier-windows.v1': TierWindowsBlock | WindowMarker;
  readonly 'instantdyno.correlations.v1': CorrelationsBlock | WindowMarker;
  readonly 'dyno.stage-stats.v1': StageStats;
  readonly 'instantdyno.capacity.v1': CapacityRecord;
  readonly 'instantdyno.loadtests.v1': LoadTestStep;
  readonly 'instantdyno.loadtest-requests.v1': LoadTestRequest;
  readonly 'loadbalancer.control.v1': WeightCommand;
  readonly 'loadbalancer.applied.v1': WeightApplied;
  readonly 'loadbalancer.killswitch.v1': KillSwitch;
}

export type AvroTopic = keyof TopicValues;

const codecs: { readonly [T in AvroTopic]: () => ValueCodec<TopicValues[T]> } = {
  'dyno.counters.v1': () => hostCountersCodec(),
  'dyno.systeminfo.v1': () => recordCodec<SystemInfo>('dyno.systeminfo.v1', 'system-info'),
  'topology.hosts.v1': () => recordCodec<HostPlacements>('topology.hosts.v1', 'host-placements'),
  'topology.services.v1': () => recordCodec<ServiceInfo>('topology.services.v1', 'service-info'),
  'dyno.tier-seconds.v1': () => blockCodec('tier-seconds'),
  'dyno.host-windows.v1': () => blockCodec('host-windows'),
  'dyno.tier-windows.v1': () => blockCodec('tier-windows'),
  'instantdyno.correlations.v1': () => blockCodec('correlations'),
  'dyno.stage-stats.v1': () => recordCodec<StageStats>('dyno.stage-stats.v1', 'stage-stats'),
  'instantdyno.capacity.v1': () => recordCodec<CapacityRecord>('instantdyno.capacity.v1', 'capacity-estimate'),
  'instantdyno.loadtests.v1': () => recordCodec<LoadTestStep>('instantdyno.loadtests.v1', 'load-test-step'),
  'instantdyno.loadtest-requests.v1': () =>
    recordCodec<LoadTestRequest>('instantdyno.loadtest-requests.v1', 'load-test-request'),
  'loadbalancer.control.v1': () => recordCodec<WeightCommand>('loadbalancer.control.v1', 'weight-command'),
  'loadbalancer.applied.v1': () => recordCodec<WeightApplied>('loadbalancer.applied.v1', 'weight-applied'),
  'loadbalancer.killswitch.v1': () => recordCodec<KillSwitch>('loadbalancer.killswitch.v1', 'kill-switch'),
};

export const avroTopics = Object.keys(codecs) as readonly AvroTopic[];

/** A new codec for the values of a topic; it knows no writer's schema yet. Compiling it takes a few ms: keep it. */
export const codecOf = <T extends AvroTopic>(topic: T): ValueCodec<TopicValues[T]> => codecs[topic]();

/** The registry's subject of a topic's values. */
export const subjectOf = (topic: string): string => `${topic}-value`;

function recordCodec<T>(name: string, file: string): ValueCodec<T> {
  const schema = avroFile(file);
  const mapping = recordMapping(schema);
  return avroCodec<T>({
    name,
    schemaJson: JSON.stringify(schema),
    toAvro: mapping.toAvro,
    fromAvro: (record) => mapping.fromAvro(record) as T,
  });
}
