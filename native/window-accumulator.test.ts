import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AddonAccumulator } from './addon-accumulator.ts';
import { ColumnStore } from './column-store.ts';
import { loadAddon } from './load-addon.ts';
import { RowAccumulator } from './row-accumulator.ts';
import type { RecordsOfRows, WindowAccumulator } from './window-accumulator.ts';

const addon = loadAddon();
const skip = addon === undefined ? 'the addon is not built: npm run build:native' : false;
/** A counter of each kind, and one of which nothing is kept. */
const plan = { counters: 6, sums: [0, 4], mins: [1], maxes: [2], lasts: [3] };

/** Columns that hold these rows of values. */
function columnsOf(values: readonly (readonly number[])[]) {
  const store = new ColumnStore(plan.counters);
  store.reserve(values.length);
  for (const [row, cells] of values.entries())
    for (let c = 0; c < plan.counters; c++) store.all[row + c * store.stride] = cells[c] ?? Number.NaN;
  return store.answer(values.length, [], new Map(), 0);
}

const recordsOf = (records: readonly (readonly [record: number, row: number, second: number])[]): RecordsOfRows => ({
  count: records.length,
  records: Uint32Array.from(records, ([record]) => record),
  rows: Uint32Array.from(records, ([, row]) => row),
  seconds: Uint8Array.from(records, ([, , second]) => second),
});

const cellsOf = ({ accumulators, samples }: WindowAccumulator, rows: number) => ({
  accumulators: [...accumulators.subarray(0, rows * plan.counters)],
  samples: [...samples.subarray(0, rows * plan.counters)],
});

const forms: [says: string, make: () => WindowAccumulator, skip: string | false][] = [
  ['JavaScript', () => new RowAccumulator(plan), false],
  ['the addon', () => new AddonAccumulator(addon!, plan), skip],
];
for (const [says, make, skip] of forms) {
  test(`in ${says} each counter is kept by its own aggregation`, { skip }, () => {
    const window = make();
    window.reserve(2);
    const rows = [
      [1, 1, 1, 1],
      [Number.NaN, 3, -3, 3],
      [4, 0, 2, 9],
    ];
    const which = recordsOf([
      [0, 1, 4],
      [1, 1, 2],
      [2, 1, 3],
    ]);
    window.add(columnsOf(rows), which);
    const none = [0, 0, 0, 0, 0, 0];
    deepEqual(cellsOf(window, 2), {
      accumulators: [...none, 5, 0, 2, 1, 0, 0],
      samples: [...none, 2, 3, 3, 3, 0, 0],
    });
  });

  test(`in ${says} the zeros of both signs are told apart`, { skip }, () => {
    const window = make();
    window.reserve(1);
    const zeros = [0, -0, 0].map((zero) => Array(plan.counters).fill(zero) as number[]);
    const which = recordsOf(zeros.map((_, record) => [record, 0, record]));
    window.add(columnsOf(zeros), which);
    deepEqual(cellsOf(window, 1).accumulators, [0, -0, 0, 0, 0, 0]);
  });
}

const value = fc.oneof(
  { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, 0, -0, Number.MAX_VALUE, -Number.MAX_VALUE) },
);
const batch = fc
  .array(fc.array(value, { minLength: plan.counters, maxLength: plan.counters }), { minLength: 1, maxLength: 30 })
  .chain((values) => {
    const record = fc.nat(values.length - 1);
    const places = fc.array(fc.tuple(record, fc.nat(20), fc.nat(9)), { maxLength: 40 });
    return fc.record({ values: fc.constant(values), places, clear: fc.nat(9) });
  });

test('random batches, windows closed and opened again: both forms hold the same bits', { skip }, () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
      const both = forms.map(([, make]) => make());
      for (const { values, places, clear } of batches) {
        const rows = 1 + Math.max(-1, ...places.map(([, row]) => row));
        const [js, native] = both.map((window) => {
          if (clear === 0) window.clear(21);
          window.reserve(rows);
          window.add(columnsOf(values), recordsOf(places));
          return cellsOf(window, rows);
        });
        deepEqual(native, js);
      }
    }),
    { numRuns: Number(process.env['DYNO_TEST_RUNS'] ?? 80) },
  );
});

test('a counter that the batch says is not present is passed over', { skip }, () => {
  const window = new AddonAccumulator(addon!, plan);
  window.reserve(1);
  const columns = columnsOf([[1, 1, 1, 1, 1, 1]]);
  window.add({ ...columns, present: Uint8Array.of(1, 0, 0, 0, 0, 0) }, recordsOf([[0, 0, 0]]));
  deepEqual(cellsOf(window, 1).samples, [1, 0, 0, 0, 0, 0]);
});

test('records and rows that are not there are refused, never written', { skip }, () => {
  const window = new AddonAccumulator(addon!, plan);
  window.reserve(1);
  const columns = columnsOf([[1, 1, 1, 1, 1, 1]]);
  throws(() => window.add(columns, recordsOf([[0, 16, 0]])), TypeError);
  throws(() => window.add(columns, recordsOf([[columns.stride, 0, 0]])), TypeError);
  throws(() => window.add({ ...columns, all: new Float64Array(5) }, recordsOf([[0, 0, 0]])), TypeError);
  equal(
    window.samples.every((count) => count === 0),
    true,
  );
});
