import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadAddon } from '../../native/load-addon.ts';
import { type ColumnType, columnsOf } from './columns.ts';
import { RowBinaryRows } from './row-binary.ts';

/** The fields of one row whose columns have these types, in hex; the head is cut off. */
function fieldsOf(types: readonly ColumnType[], write: (rows: RowBinaryRows) => void): string {
  const rows = new RowBinaryRows(columnsOf(Object.fromEntries(types.map((type, i) => [`c${i}`, type]))));
  write(rows);
  rows.endRow();
  const headBytes = 1 + 3 * types.length + types.reduce((sum, type) => sum + 1 + type.length, 0);
  return rows.toBuffer().subarray(headBytes).toString('hex');
}

test('names and types of the columns come first, once', () => {
  const rows = new RowBinaryRows(columnsOf({ n: 'UInt8', word: 'String' }));
  equal(rows.toBuffer().length, 0);
  rows.integer(1).text('a').endRow();
  rows.integer(2).text('').endRow();
  equal(rows.toBuffer().toString('latin1'), '\x02\x01n\x04word\x05UInt8\x06String\x01\x01a\x02\x00');
  equal(rows.rowCount, 2);
});

test('whole numbers are little-endian and as wide as their column, what is too large loses its high bits', () => {
  equal(
    fieldsOf(['UInt8', 'UInt16', 'UInt32', 'UInt64', 'UInt64'], (rows) =>
      rows
        .integer(258)
        .integer(258)
        .integer(258)
        .integer(2 ** 53 - 1)
        .integer(-3),
    ),
    '02' + '0201' + '02010000' + 'ffffffffffff1f00' + '0000000000000000',
  );
});

test('times are seconds in 32 bits or milliseconds in 64, put to the nearest end of their range', () => {
  equal(
    fieldsOf(["DateTime('UTC')", "DateTime64(3, 'UTC')", "DateTime('UTC')", "DateTime64(3, 'UTC')"], (rows) =>
      rows.seconds(1_700_000_001_999).milliseconds(1_700_000_000_042).seconds(9e18).milliseconds(Number.NaN),
    ),
    '01f15365' + '2a68e5cf8b010000' + 'ffffffff' + '0000000000000000',
  );
});

test('no value and the infinite are NULL, or 0 in a column without NULL', () => {
  equal(
    fieldsOf(['Nullable(Float32)', 'Nullable(Float32)', 'Nullable(Float32)', 'Float32', 'Float32'], (rows) =>
      rows.float32(1e39).float32(-0).float32(1.5).float32(Number.NEGATIVE_INFINITY).float32(1.5),
    ),
    '01' + '0000000080' + '000000c03f' + '00000000' + '0000c03f',
  );
});

test('texts come after their length in bytes, also where it takes two bytes', () => {
  const long = 'é'.repeat(70);
  equal(
    fieldsOf(['String', 'LowCardinality(String)', 'String', 'String'], (rows) =>
      rows.text('').text('a€').text(long).text('\ud800'),
    ),
    `00${'04'}61e282ac${'8c01'}${'c3a9'.repeat(70)}03efbfbd`,
  );
});

test('maps and arrays come after their count, entries without a value are left out', () => {
  const type: ColumnType = 'Map(LowCardinality(String), Float64)';
  const entries = [
    ['a', 1.5],
    ['gone', Number.NaN],
  ] as const;
  equal(
    fieldsOf([type, type, 'Array(String)', 'Map(LowCardinality(String), LowCardinality(String))'], (rows) =>
      rows
        .map(entries)
        .map(undefined)
        .texts(['x', ''])
        .textMap([['k', 'v']]),
    ),
    `01${'0161'}000000000000f83f${'00'}${'02'}017800${'01'}016b0176`,
  );
});

test('a map of more entries than one byte can count is whole', () => {
  const entries = Array.from({ length: 300 }, (_, i) => [String.fromCharCode(97 + (i % 26)), i] as const);
  const hex = fieldsOf(['Map(LowCardinality(String), Float64)', 'Bool'], (rows) => rows.map(entries).boolean(true));
  equal(hex.slice(0, 8), 'ac020161');
  equal(hex.length / 2, 2 + 300 * 10 + 1);
  equal(hex.slice(-22), `01${(97 + (299 % 26)).toString(16)}0000000000b0724001`);
});

test('fields that are not those of the columns are a defect: they would be other values in the table', () => {
  const rows = () => new RowBinaryRows(columnsOf({ n: 'UInt8', word: 'String' }));
  throws(() => rows().text('a'), /column 0 is UInt8 and got a text/);
  throws(() => rows().integer(1).float32(1), /column 1 is String and got a float/);
  throws(() => rows().integer(1).endRow(), /a row has 1 fields and its insert 2 columns/);
  throws(() => rows().integer(1).text('a').boolean(true), /column 2 is not there/);
});

const skip = loadAddon() === undefined ? 'the addon is not built: npm run build:native' : false;
const bits = fc.integer({ min: 0, max: 0xffff_ffff }).map((word) => new Float32Array(Uint32Array.of(word).buffer)[0]!);
const near = fc.constantFrom(0, -0, 1e-45, -1e-45, 7e-46, 1e-38, 3.4e38, 3.4028235677973366e38, Number.MAX_VALUE);
const number = fc.oneof(bits, fc.double(), fc.float(), near);
const floats = { before: 'UInt8', ...namedFloats(40), after: 'Bool' } as const;

test('the addon writes floats as JavaScript does, byte for byte', { skip }, () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(number, { minLength: 40, maxLength: 40 }), { maxLength: 60 }),
      fc.integer({ min: 0, max: 3 }),
      (rows, padding) => {
        const [native, javaScript] = [true, false].map((addon) => {
          const written = new RowBinaryRows(columnsOf(floats), { addon });
          for (const row of rows) {
            const values = Float64Array.from([...new Array<number>(padding).fill(7), ...row]);
            written.integer(9).float32s({ values, from: padding, step: 1, count: row.length }).boolean(true).endRow();
          }
          return written.toBuffer().toString('hex');
        });
        equal(native, javaScript);
      },
    ),
    { numRuns: Number(process.env['DYNO_TEST_RUNS'] ?? 50) },
  );
});

for (const addon of [true, false]) {
  test(`every second value of a column-wise batch is a field, also beside columns without NULL (addon: ${addon})`, () => {
    const columns = columnsOf({ a: 'Nullable(Float32)', b: 'Nullable(Float32)', c: 'Float32' });
    const rows = new RowBinaryRows(columns, { addon });
    const values = Float64Array.of(1.5, 2, Number.NaN, 4, 2.5, 6);
    rows.float32s({ values, from: 0, step: 2, count: 3 }).endRow();
    rows.float32s({ values, from: 0, step: 2, count: 2 }).float32(1.5).endRow();
    const tail = rows.toBuffer().subarray(-20).toString('hex');
    deepEqual(tail, `${'000000c03f'}${'01'}${'00002040'}${'000000c03f'}${'01'}${'0000c03f'}`);
  });
}

test('what was handed out stays as it was when more rows are written', () => {
  const rows = new RowBinaryRows(columnsOf({ word: 'String' }));
  rows.text('€').endRow();
  const before = rows.toBuffer();
  for (let row = 0; row < 20_000; row++) rows.text('another').endRow();
  equal(before.subarray(-4).toString(), '\x03€');
  equal(rows.toBuffer().length, before.length + 20_000 * 8);
});

function namedFloats(count: number): Record<string, ColumnType> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 'Nullable(Float32)']));
}
