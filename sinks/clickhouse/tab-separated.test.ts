import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadAddon } from '../../native/load-addon.ts';
import { TabSeparatedRows } from './tab-separated.ts';

const rowOf = (write: (rows: TabSeparatedRows) => void): string => {
  const rows = new TabSeparatedRows();
  write(rows);
  rows.endRow();
  return rows.toBuffer().toString();
};

test('fields are separated by tabs, rows end with a line feed, and an empty first text stays a field', () => {
  equal(
    rowOf((rows) => rows.text('').text('web1').integer(3)),
    '\tweb1\t3\n',
  );
});

test('tabs, line feeds, quotes and backslashes in a text are escaped', () => {
  equal(
    rowOf((rows) => rows.text("a\tb\nc\\d'e")),
    "a\\tb\\nc\\\\d\\'e\n",
  );
});

test('no value and the infinite are NULL, also where only 32 bits are too few', () => {
  equal(
    rowOf((rows) => rows.float32(Number.NaN).float32(Number.POSITIVE_INFINITY).float32(1e39).float64(Number.NaN)),
    '\\N\t\\N\t\\N\t\\N\n',
  );
});

test('a 32-bit float is written with nine digits and a whole number without a point', () => {
  equal(
    rowOf((rows) => rows.float32(0.1).float32(1_234_567).float32(-0)),
    '0.100000001\t1234567\t-0\n',
  );
});

test('a map keeps the order of its keys and leaves out entries without a value', () => {
  const entries = [
    ["it's", 1.5],
    ['gone', Number.NaN],
    ['b', 0],
  ] as const;
  equal(
    rowOf((rows) => rows.map(entries).map(undefined)),
    "{'it\\'s':1.5,'b':0}\t{}\n",
  );
});

test('times are ten digits of seconds, or a date with milliseconds', () => {
  equal(
    rowOf((rows) => rows.seconds(1_700_000_001_999).milliseconds(1_700_000_000_042)),
    '1700000001\t2023-11-14 22:13:20.042\n',
  );
});

test('a time near 1970 is not taken for a year, and one that no column can hold goes to the end of the range', () => {
  equal(
    rowOf((rows) => rows.seconds(5_000).milliseconds(0).seconds(9e18).milliseconds(9e18).seconds(Number.NaN)),
    '0000000005\t1970-01-01 00:00:00.000\t4294967295\t2299-12-31 23:59:59.999\t0000000000\n',
  );
});

test('a count that is none is 0: one host must not stop the insert of all', () => {
  equal(
    rowOf((rows) =>
      rows
        .integer(-3)
        .integer(1.5)
        .integer(2 ** 60)
        .integer(7),
    ),
    '0\t0\t0\t7\n',
  );
});

const skip = loadAddon() === undefined ? 'the addon is not built: npm run build:native' : false;
const bits = fc.integer({ min: 0, max: 0xffff_ffff }).map((word) => new Float32Array(Uint32Array.of(word).buffer)[0]!);
/** Halves of the last of nine digits: rounded up, where C++ would round to even. */
const halves = fc.integer({ min: 0, max: 2 ** 24 }).map((word) => word / 2 ** 5);
const near = fc.constantFrom(1e-6, 1e-7, 1e15, 2 ** 23, 999_999.9375, 0.1, 1, 3.4e38, 1e-45, Number.MAX_VALUE);
const number = fc.oneof(bits, fc.double(), fc.float(), halves, near, fc.double({ min: -1e7, max: 1e7 }));

test('the addon writes floats as JavaScript does, byte for byte', { skip }, () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.array(number, { maxLength: 200, size: 'max' }))), (rows) => {
      const [native, javaScript] = [true, false].map((addon) => {
        const written = new TabSeparatedRows({ addon });
        for (const [text, values] of rows) {
          const fields = { values: Float64Array.from(values), from: 0, step: 1, count: values.length };
          written.text(text).float32s(fields).boolean(true).endRow();
        }
        return written.toBuffer().toString();
      });
      equal(native, javaScript);
    }),
    { numRuns: Number(process.env['DYNO_TEST_RUNS'] ?? 50) },
  );
});

for (const addon of [true, false]) {
  test(`every second value of a column-wise batch is a field (addon: ${addon})`, () => {
    const rows = new TabSeparatedRows({ addon });
    const values = Float64Array.of(0.1, 2, Number.NaN, 4, 1e20, 6);
    rows.integer(1).float32s({ values, from: 0, step: 2, count: 3 }).endRow();
    rows.float32s({ values, from: 1, step: 2, count: 3 }).endRow();
    equal(rows.toBuffer().toString(), '1\t0.100000001\t\\N\t1.00000002e+20\n2\t4\t6\n');
  });
}

test('what was handed out stays as it was when more rows are written', () => {
  const rows = new TabSeparatedRows();
  rows.text('€').endRow();
  const before = rows.toBuffer();
  for (let row = 0; row < 20_000; row++) rows.text('another').endRow();
  equal(before.toString(), '€\n');
  equal(rows.toBuffer().length, 4 + 20_000 * 8);
});
