import { equal } from 'node:assert/strict';
import { test } from 'node:test';
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
