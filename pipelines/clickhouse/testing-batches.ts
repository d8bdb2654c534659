import type { RecordHeaders } from '../../log/port.ts';
import { startGraph } from '../runtime/graph-run.ts';
import type { GraphStart, InsertOutput, Output, TaskBatch, TaskGraph } from '../runtime/stage.ts';

/** A record of a partition in tests; its index in the list is its offset. */
export interface TestRecord {
  readonly appendMs: number;
  readonly key?: string;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
}

export interface BatchCut {
  readonly topic: string;
  readonly from?: number;
  readonly to?: number;
  readonly replayed?: boolean;
  /** Records that the log holds; default: all of the list. */
  readonly endOffset?: number;
}

/** Records `from` … `to` − 1 of a partition as one fetched batch. */
export function batchOf(records: readonly TestRecord[], cut: BatchCut): TaskBatch {
  const { topic, from = 0, to = records.length, replayed = false, endOffset = records.length } = cut;
  const part = records.slice(from, to);
  return {
    topic,
    partition: 2,
    count: part.length,
    offsets: Float64Array.from(part, (_, i) => from + i),
    appendTimesMs: Float64Array.from(part, (record) => record.appendMs),
    keys: part.map((record) => (record.key === undefined ? null : Buffer.from(record.key))),
    values: part.map((record) => record.value),
    headers: part.map((record) => record.headers),
    nextOffset: to,
    endOffset,
    replayed,
  };
}

export const startOf = (stage: string, topic: string, restored: GraphStart['restored'] = []): GraphStart => ({
  identity: { stage, epoch: 1, partition: 2, topics: [topic] },
  restored,
  stateRecords: [],
  partitionsOf: () => 4,
});

export interface CutRun {
  readonly records: readonly TestRecord[];
  readonly topic: string;
  /** Sizes of the batches; what is left comes in one more. `crash` = forget everything and start from the checkpoint. */
  readonly cuts: readonly { readonly size: number; readonly crash: boolean }[];
  readonly graph: (start: GraphStart) => TaskGraph;
}

/** All inserts of a partition read in these cuts: what the runtime does, without its waiting. */
export function runInCuts({ records, topic, cuts, graph }: CutRun): readonly InsertOutput[] {
  const made: Output[] = [];
  let run = startGraph(graph(startOf('test', topic)));
  let position = 0;
  for (const { size, crash } of [...cuts, { size: records.length, crash: false }]) {
    const to = Math.min(records.length, position + size);
    if (to > position) made.push(...run.push(batchOf(records, { topic, from: position, to })));
    position = to;
    if (!crash) continue;
    const [checkpoint] = run.graph.checkpoint();
    run = startGraph(graph(startOf('test', topic, checkpoint === undefined ? [] : [checkpoint])));
    const lowOffset = checkpoint?.lowOffset ?? position;
    if (lowOffset < position) run.push(batchOf(records, { topic, from: lowOffset, to: position, replayed: true }));
  }
  return made.filter((output) => output.kind === 'insert');
}

/** Inserts as text, for comparison: token, then rows. */
export const shownInserts = (inserts: readonly InsertOutput[]): readonly string[] =>
  inserts.map(({ token, rows }) => `${token}\n${rows.toString()}`);

/** One field of every row of an insert. */
export function fieldOf(insert: InsertOutput | undefined, column: string): readonly string[] {
  if (insert === undefined) return [];
  const at = insert.columns.indexOf(column);
  const rows = insert.rows.toString().split('\n').slice(0, -1);
  return rows.map((row) => row.split('\t')[at] ?? '');
}
