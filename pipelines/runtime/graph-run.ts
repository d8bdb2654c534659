import { Subject } from 'rxjs';
import type { Output, TaskBatch, TaskGraph } from './stage.ts';

/** A graph that has been started: batches in, outputs out, within one call. */
export interface GraphRun {
  readonly graph: TaskGraph;
  /** Outputs of this batch. Throws what the graph throws. */
  push(batch: TaskBatch): readonly Output[];
  close(): void;
}

/** Starts a graph. Its operators are synchronous: what a batch brings about is here when `push` returns. */
export function startGraph(graph: TaskGraph): GraphRun {
  const batches = new Subject<TaskBatch>();
  let outputs: Output[] = [];
  let failure: { readonly error: unknown } | undefined;
  const subscription = batches.pipe(graph.operator).subscribe({
    next: (output) => outputs.push(output),
    error: (error) => {
      failure = { error };
    },
  });
  return {
    graph,
    push(batch) {
      batches.next(batch);
      if (failure !== undefined) throw failure.error;
      const made = outputs;
      outputs = [];
      return made;
    },
    close: () => subscription.unsubscribe(),
  };
}
