import type { RecordHeaders } from '../../log/port.ts';
import type { Block, WindowMarker } from '../../schemas/blocks.ts';
import { type AvroTopic, codecOf, type TopicValues } from '../../schemas/codec.ts';
import { withCurrentColumns } from '../../schemas/current-columns.ts';
import type { RowFormat } from '../../sinks/clickhouse/row-format.ts';
import { correlations } from '../../sinks/clickhouse/rows/correlations.ts';
import { hostWindows } from '../../sinks/clickhouse/rows/host-windows.ts';
import { capacityEstimates, loadTestRuns, loadTestSteps } from '../../sinks/clickhouse/rows/load-tests.ts';
import { hostPlacement, serviceInfo } from '../../sinks/clickhouse/rows/placements.ts';
import { rejectedRecords } from '../../sinks/clickhouse/rows/rejected-records.ts';
import type { LoggedValue, RowKind } from '../../sinks/clickhouse/rows/row-kind.ts';
import { stageStats, systemInfo } from '../../sinks/clickhouse/rows/system-info.ts';
import { tierScalability } from '../../sinks/clickhouse/rows/tier-scalability.ts';
import { tierSeconds } from '../../sinks/clickhouse/rows/tier-seconds.ts';
import { tierWindowLengthsMs, tierWindowsOf } from '../../sinks/clickhouse/rows/tier-windows.ts';
import { weightApplied, weightCommands } from '../../sinks/clickhouse/rows/weights.ts';
import type { GraphStart, TaskGraph } from '../runtime/stage.ts';
import type { SchemaLearner } from '../writer-schemas.ts';
import { recordGraph } from './record-graph.ts';
import { windowGraph } from './window-graph.ts';

/** How one topic becomes rows. */
export interface Feed {
  readonly topic: string;
  readonly tables: readonly string[];
  readonly learner: SchemaLearner | undefined;
  graph(task: FeedTask): TaskGraph;
}

export interface FeedTask {
  readonly start: GraphStart;
  /** `topic-partition` */
  readonly src: string;
  /** What ClickHouse already holds of this source, by table. */
  readonly newest: ReadonlyMap<string, number>;
  readonly rowFormat: RowFormat;
}

/** Topics of blocks and markers. Seconds go two windows an insert: a table should get about one insert a second. */
export const blockFeeds = (): readonly Feed[] => [
  blockFeed({ topic: 'dyno.host-windows.v1', kinds: [[10_000, hostWindows]], windowsPerInsert: 1 }),
  blockFeed({ topic: 'dyno.tier-seconds.v1', kinds: [[1_000, tierSeconds]], windowsPerInsert: 2 }),
  blockFeed({
    topic: 'dyno.tier-windows.v1',
    kinds: tierWindowLengthsMs.map((windowMs) => [windowMs, tierWindowsOf(windowMs)] as const),
    windowsPerInsert: 1,
  }),
  blockFeed({ topic: 'instantdyno.correlations.v1', kinds: [[1_000, correlations]], windowsPerInsert: 2 }),
];

type BlockTopic = { [T in AvroTopic]: WindowMarker extends TopicValues[T] ? T : never }[AvroTopic];
type BlockOf<T extends BlockTopic> = Exclude<TopicValues[T], WindowMarker> & Block;

interface BlockFeed<T extends BlockTopic> {
  readonly topic: T;
  /** Table and rows by length of window. */
  readonly kinds: readonly (readonly [windowMs: number, kind: RowKind<BlockOf<T>>])[];
  readonly windowsPerInsert: number;
}

function blockFeed<T extends BlockTopic>({ topic, kinds, windowsPerInsert }: BlockFeed<T>): Feed {
  const codec = codecOf(topic);
  return {
    topic,
    tables: kinds.map(([, kind]) => kind.table),
    learner: codec,
    graph: (task) =>
      windowGraph<BlockOf<T>>({
        ...task,
        topic,
        kinds: new Map(kinds),
        windowsPerInsert,
        decode: (value) => withCurrentColumns(codec.decode(value) as BlockOf<T> | WindowMarker),
      }),
  };
}

/** Topics of single records. */
export const recordFeeds = (): readonly Feed[] => [
  avroFeed('topology.hosts.v1', hostPlacement),
  avroFeed('topology.services.v1', serviceInfo),
  avroFeed('dyno.systeminfo.v1', systemInfo),
  avroFeed('dyno.stage-stats.v1', stageStats),
  avroFeed('instantdyno.capacity.v1', capacityEstimates, tierScalability),
  avroFeed('instantdyno.loadtests.v1', loadTestSteps, loadTestRuns),
  avroFeed('loadbalancer.control.v1', weightCommands),
  avroFeed('loadbalancer.applied.v1', weightApplied),
  {
    topic: 'dyno.counters.v1.dlq',
    tables: [rejectedRecords.table],
    learner: undefined,
    graph: (task) =>
      recordGraph({
        ...task,
        topic: 'dyno.counters.v1.dlq',
        kinds: [rejectedRecords],
        decode: (value, headers) => ({ value, header: (name) => headerText(headers, name) }),
      }),
  },
];

/** Each kind is a table that records have rows in. A record without a value is a tombstone: `undefined`. */
function avroFeed<T extends Exclude<AvroTopic, BlockTopic>>(
  topic: T,
  ...kinds: readonly RowKind<LoggedValue<TopicValues[T] | undefined>>[]
): Feed {
  const codec = codecOf(topic);
  return {
    topic,
    tables: kinds.map(({ table }) => table),
    learner: codec,
    graph: (task) =>
      recordGraph<TopicValues[T] | undefined>({
        ...task,
        topic,
        kinds,
        decode: (value) => (value === null ? undefined : codec.decode(value)),
      }),
  };
}

const headerText = (headers: RecordHeaders | undefined, name: string): string => headers?.[name]?.toString() ?? '';
