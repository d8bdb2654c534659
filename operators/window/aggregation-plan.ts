import type { CounterAggregation } from '../../schemas/counter.ts';

/** Columns by what is done with them: the inner loops have no switch. */
export interface AggregationPlan {
  readonly counters: number;
  /** Means and sums are both added up. */
  readonly sums: readonly number[];
  readonly mins: readonly number[];
  readonly maxes: readonly number[];
  readonly lasts: readonly number[];
  /** 1 = the accumulator is divided by the count at the end. */
  readonly isMean: Uint8Array;
}

export function aggregationPlan(catalogue: readonly { readonly aggregation: CounterAggregation }[]): AggregationPlan {
  const of = (...wanted: CounterAggregation[]): number[] =>
    catalogue.flatMap(({ aggregation }, counter) => (wanted.includes(aggregation) ? [counter] : []));
  return {
    counters: catalogue.length,
    sums: of('mean', 'sum'),
    mins: of('min'),
    maxes: of('max'),
    lasts: of('last'),
    isMean: Uint8Array.from(catalogue, ({ aggregation }) => (aggregation === 'mean' ? 1 : 0)),
  };
}
