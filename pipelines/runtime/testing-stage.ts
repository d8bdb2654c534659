import { Observable } from 'rxjs';
import type { Output, Stage, TaskBatch, TaskGraph } from './stage.ts';

/**
 * A small windowed stage for tests of the runtime: input values are numbers; window w holds the values with
 * floor(value / 10) = w; it closes when a value of window w + 2 or later is seen. One output per closed window: its
 * values in log order. A value of a closed window is late: an output of its own. It does not look at `replayed`: that what
 * a replay says is thrown away is the runtime's part.
 */
export const tensStage = (delivery: Stage['delivery'] = 'transaction'): Stage => ({
  name: 'tens',
  inputs: ['in'],
  outputs: ['out'],
  assignment: 'copartitioned',
  delivery,
  prepare: () => Promise.resolve(),
  graph: ({ identity, restored }) => tensGraph(identity.partition, restored[0]?.metadata, delivery),
});

interface OpenWindow {
  readonly firstOffset: number;
  readonly values: number[];
}

function tensGraph(partition: number, metadata: string | undefined, delivery: Stage['delivery']): TaskGraph {
  const found = metadata === undefined ? undefined : (JSON.parse(metadata) as { position: number; newest: number });
  let position = found?.position ?? 0;
  let newest = found?.newest ?? -1;
  let closedOne = false;
  const open = new Map<number, OpenWindow>();

  const take = (batch: TaskBatch, emit: (output: Output) => void): void => {
    for (let i = 0; i < batch.count; i++) {
      const value = Number(batch.values.at(i)!.toString());
      const window = Math.floor(value / 10);
      if (window <= newest - 2) {
        emit(outputOf(partition, `late-${batch.offsets[i]}`, [value], delivery));
        continue;
      }
      const found = open.get(window) ?? { firstOffset: batch.offsets[i]!, values: [] };
      found.values.push(value);
      open.set(window, found);
      if (window <= newest) continue;
      newest = window;
      for (const [due, { values }] of [...open].sort(([a], [b]) => a - b)) {
        if (due > newest - 2) continue;
        open.delete(due);
        closedOne = true;
        emit(outputOf(partition, String(due), values, delivery));
      }
    }
    position = Math.max(position, batch.nextOffset);
  };
  return {
    operator: (batches) =>
      new Observable<Output>((out) => {
        closedOne = false;
        return batches.subscribe({ next: (batch) => take(batch, (output) => out.next(output)) });
      }),
    checkpoint: () => {
      const lowOffset = Math.min(position, ...[...open.values()].map(({ firstOffset }) => firstOffset));
      return [{ topic: 'in', partition, lowOffset, metadata: JSON.stringify({ position, newest }) }];
    },
    urgent: () => {
      const urgent = closedOne;
      closedOne = false;
      return urgent;
    },
    stats: () => ({ open: open.size }),
  };
}

function outputOf(partition: number, window: string, values: readonly number[], delivery: Stage['delivery']): Output {
  const value = Buffer.from(JSON.stringify({ partition, window, values }));
  if (delivery === 'transaction')
    return { kind: 'produce', topic: 'out', partition: (partition + values[0]!) % 4, key: null, value };
  return {
    kind: 'insert',
    table: 'out',
    token: `out:in-${partition}:1:${window}`,
    columns: ['value'],
    format: 'TabSeparated',
    rows: value,
    rowCount: 1,
  };
}
