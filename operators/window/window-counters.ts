import { Observable, type OperatorFunction } from 'rxjs';
import type { CounterColumns } from '../../native/counter-columns.ts';
import type { CountedBatch, PartitionWindows } from './partition-windows.ts';
import type { WindowEvent } from './window-events.ts';

/** A batch beside its columns; the columns are valid until the decoder's next call. */
export interface DecodedBatch<B> {
  readonly batch: B;
  readonly columns: CounterColumns;
}

/** Decoded batches in, what closed or was rejected out, synchronously. Windows still open at the end stay silent. */
export const windowCounters =
  <B extends CountedBatch>(windows: PartitionWindows<B>): OperatorFunction<DecodedBatch<B>, WindowEvent<B>> =>
  (batches) =>
    new Observable((subscriber) =>
      batches.subscribe({
        next: ({ batch, columns }) => {
          try {
            windows.push(batch, columns, (event) => subscriber.next(event));
          } catch (error) {
            subscriber.error(error);
          }
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
