import type { TabSeparatedRows } from '../tab-separated.ts';

/** Where rows came from: columns `src` and `epoch` of every table of a stream. */
export interface RowSource {
  /** `topic-partition` */
  readonly src: string;
  readonly epoch: number;
}

/** How values of one kind become rows of one table: the names of the columns, and the fields in that order. */
export interface RowKind<T> {
  readonly table: string;
  readonly columns: readonly string[];
  append(rows: TabSeparatedRows, value: T, source: RowSource): void;
}

/** A record of a topic without windows: what the rows tell of its place in the log. */
export interface LoggedValue<T> {
  readonly value: T;
  readonly key: string;
  readonly offset: number;
  readonly appendTimeMs: number;
}
