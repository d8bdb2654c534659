import type { CounterColumns } from '../../../native/counter-columns.ts';
import { counters } from '../../../schemas/counters.ts';
import { columnsOf } from '../columns.ts';
import { counterColumns } from './counter-columns.ts';
import { type RowKind, sourceColumns } from './row-kind.ts';

/** One decoded record of `dyno.counters.v1`. */
export interface CounterRow {
  readonly decoded: CounterColumns;
  /** Index of the record in `decoded`. */
  readonly at: number;
  readonly offset: number;
  readonly slotMs: number;
}

/** Of two rows with one key ReplacingMergeTree keeps the higher: the record that came first in the log. */
const precedenceOf = (offset: number): number => Number.MAX_SAFE_INTEGER - offset;

export const counters1s: RowKind<CounterRow> = {
  table: 'counters_1s',
  columns: columnsOf({
    time: "DateTime('UTC')",
    host: 'LowCardinality(String)',
    interval_ms: 'Float32',
    app: 'Map(LowCardinality(String), Float64)',
    slot: "DateTime('UTC')",
    ...sourceColumns,
    precedence: 'UInt64',
    ...counterColumns,
  }),
  append(rows, { decoded, at, offset, slotMs }, { src, epoch }) {
    rows
      .seconds(decoded.timesMs[at]!)
      .text(decoded.hostNames[decoded.hosts[at]!]!)
      .float32(decoded.intervalsMs[at]!)
      .map(decoded.app[at])
      .seconds(slotMs)
      .text(src)
      .integer(epoch)
      .integer(precedenceOf(offset));
    rows.float32s({ values: decoded.all, from: at, step: decoded.stride, count: counters.length });
    rows.endRow();
  },
};
