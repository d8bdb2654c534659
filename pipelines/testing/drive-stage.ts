import type { ProduceRecord, RecordBatch, RecordHeaders } from '../../log/port.ts';
import { sliceAtPosition } from '../runtime/batch-slices.ts';
import { type GraphRun, startGraph } from '../runtime/graph-run.ts';
import type { Checkpoint, Output, ProduceOutput, Stage } from '../runtime/stage.ts';

export interface LogRecord {
  readonly appendMs: number;
  readonly key?: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders | undefined;
}

/** So many records come as one batch; it ends in a commit, a crash (back to the last commit), or neither. */
export interface Step {
  readonly size: number;
  readonly end: 'nothing' | 'commit' | 'crash';
}

export interface DriveOptions {
  readonly stage: Stage;
  readonly records: readonly LogRecord[];
  /** After them the rest comes in one batch and is committed. Default: none. */
  readonly steps?: readonly Step[];
  readonly partition?: number;
  readonly partitions?: number;
  readonly epoch?: number;
}

export interface Driven {
  /** All committed outputs, in order. */
  readonly outputs: readonly ProduceOutput[];
  readonly stats: Readonly<Record<string, number>>;
  /** The last checkpoint. */
  readonly checkpoint: Checkpoint | undefined;
}

/** One partition of a log through a stage's graph, as the runtime would do it: slices, checkpoints, state, rebuilds. */
export async function driveStage(options: DriveOptions): Promise<Driven> {
  const { stage, records, steps = [] } = options;
  const task = new DrivenTask(options);
  await stage.prepare(batchOf(stage.inputs[0]!, records, 0, records.length, 0));
  task.start();
  let position = 0;
  for (const { size, end } of [...steps, { size: records.length, end: 'commit' as const }]) {
    const to = Math.min(records.length, position + size);
    if (to > position) task.push(batchOf(stage.inputs[0]!, records, position, to, options.partition ?? 0));
    position = to;
    if (end === 'commit') task.commit();
    if (end === 'crash') position = task.restart();
  }
  return { outputs: task.outputs, stats: task.stats, checkpoint: task.committed };
}

class DrivenTask {
  readonly outputs: ProduceOutput[] = [];
  committed: Checkpoint | undefined;
  #position = 0;
  /** Next record to be read; below the position while rebuilding. */
  #expected = 0;
  #pending: Output[] = [];
  #run: GraphRun | undefined;
  readonly #options: DriveOptions;

  constructor(options: DriveOptions) {
    this.#options = options;
  }

  get stats() {
    return this.#run!.graph.stats();
  }

  start(): void {
    const { stage, partition = 0, partitions = 1, epoch = 1 } = this.#options;
    this.#run?.close();
    this.#pending = [];
    this.#position = this.committed === undefined ? 0 : positionIn(this.committed);
    this.#expected = this.committed?.lowOffset ?? 0;
    this.#run = startGraph(
      stage.graph({
        identity: { stage: stage.name, epoch, partition, topics: stage.inputs },
        restored: this.committed === undefined ? [] : [this.committed],
        stateRecords: newestState(this.outputs, stage.stateTopic),
        partitionsOf: () => partitions,
      }),
    );
  }

  /** Answers where reading starts. */
  restart(): number {
    this.start();
    return this.#expected;
  }

  push(batch: RecordBatch): void {
    for (const slice of sliceAtPosition(batch, 0, this.#position)) {
      const outputs = this.#run!.push(slice);
      if (slice.replayed && outputs.length > 0) throw new Error('a replay said something');
      this.#pending.push(...outputs);
    }
    this.#expected = batch.nextOffset;
  }

  commit(): void {
    // As the runtime: while rebuilding the last commit stands.
    const [checkpoint] = this.#run!.graph.checkpoint();
    if (checkpoint === undefined || this.#expected < this.#position) return;
    if (checkpoint.metadata.length > 3_000) throw new Error(`${checkpoint.metadata.length} bytes of metadata`);
    for (const output of this.#pending) if (output.kind === 'produce') this.outputs.push(output);
    this.#pending = [];
    this.committed = checkpoint;
  }
}

const positionIn = ({ metadata }: Checkpoint): number => (JSON.parse(metadata) as { position: number }).position;

function newestState(outputs: readonly ProduceRecord[], topic: string | undefined) {
  const newest = new Map<string, Buffer>();
  for (const { topic: of, key, value } of outputs) {
    if (of !== topic || key === null) continue;
    newest.delete(key.toString());
    if (value !== null) newest.set(key.toString(), value);
  }
  return [...newest].map(([key, value]) => ({ key, value }));
}

/** Records `from` up to `to` as the log gives them. */
export function batchOf(
  topic: string,
  records: readonly LogRecord[],
  from: number,
  to: number,
  partition: number,
): RecordBatch {
  const part = records.slice(from, to);
  return {
    topic,
    partition,
    count: part.length,
    offsets: Float64Array.from(part, (_, i) => from + i),
    appendTimesMs: Float64Array.from(part, ({ appendMs }) => appendMs),
    keys: part.map(({ key }) => key ?? null),
    values: part.map(({ value }) => value),
    headers: part.map(({ headers }) => headers),
    nextOffset: to,
    endOffset: records.length,
  };
}
