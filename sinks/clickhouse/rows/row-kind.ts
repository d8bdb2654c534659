import type { Columns } from '../columns.ts';
import type { RowWriter } from '../row-writer.ts';

/** Where rows came from: columns `src` and `epoch` of every table of a stream. */
export interface RowSource {
  /** `topic-partition` */
  readonly src: string;
  readonly epoch: number;
}

/** How values of one kind become rows of one table: the columns, and the fields in that order. */
export interface RowKind<T> {
  readonly table: string;
  readonly columns: Columns;
  append(rows: RowWriter, value: T, source: RowSource): void;
}

/** Columns that every table of a stream ends with. */
export const sourceColumns = { src: 'LowCardinality(String)', epoch: 'UInt32' } as const;

/** The same, and the place in the log, of tables of topics without windows. */
export const recordColumns = { ...sourceColumns, record_offset: 'UInt64' } as const;

/** A record of a topic without windows: what the rows tell of its place in the log. */
export interface LoggedValue<T> {
  readonly value: T;
  readonly key: string;
  readonly offset: number;
  readonly appendTimeMs: number;
}
