import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { tableText } from './table-text.ts';

test('numbers stand to the right, texts to the left, NULL is a dash and a line stays a line', () => {
  const meta = [
    { name: 'tier', type: 'String' },
    { name: 'hosts', type: 'UInt64' },
    { name: 'cpu', type: 'Nullable(Float64)' },
  ];
  const data = [
    ['web', 12, 0.5],
    ['a\nb', 3, null],
  ];
  equal(
    tableText(JSON.stringify({ meta, data })),
    ['tier  hosts  cpu', 'web      12  0.5', 'a\\nb      3    –', ''].join('\n'),
  );
});

test('no answer is no table, no rows are the names alone', () => {
  equal(tableText('\n'), '');
  equal(tableText('{"meta":[{"name":"n","type":"UInt8"}],"data":[]}'), 'n\n');
});
