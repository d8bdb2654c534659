import { deepEqual, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { insertDelivery } from './delivery.ts';
import type { InsertOutput } from './stage.ts';

const insertOf = (token: string): InsertOutput =>
  ({
    kind: 'insert',
    table: 't',
    token,
    columns: ['a'],
    format: 'TabSeparated',
    rows: Buffer.from('1\n'),
    rowCount: 1,
  }) as const;

test('what was inserted is not inserted again when the log does not take the offsets, what was not is', async () => {
  const inserted: string[] = [];
  const trouble = new Map([
    ['b', 1],
    ['offsets', 2],
  ]);
  const fails = (what: string): boolean => {
    const left = trouble.get(what) ?? 0;
    trouble.set(what, left - 1);
    return left > 0;
  };
  const delivery = insertDelivery({
    performInsert: ({ token }) => {
      if (fails(token)) return Promise.reject(new Error(`no answer to ${token}`));
      inserted.push(token);
      return Promise.resolve();
    },
    commitOffsets: () => (fails('offsets') ? Promise.reject(new Error('no answer of the log')) : Promise.resolve()),
  });
  const outputs = [insertOf('a'), insertOf('b'), insertOf('c')];
  const commit = () => delivery.commit(outputs, [], new AbortController().signal, () => Promise.resolve());
  await rejects(commit(), /no answer to b/);
  await rejects(commit(), /no answer of the log/);
  await rejects(commit(), /no answer of the log/);
  await commit();
  deepEqual(inserted, ['a', 'b', 'c']);
});

test('who stood still before the offsets asks whether the task is still its own, also with nothing left to insert', async () => {
  const asked: string[] = [];
  const delivery = insertDelivery({
    performInsert: () => Promise.resolve(),
    commitOffsets: () => Promise.reject(new Error('no answer of the log')),
  });
  const outputs = [insertOf('a')];
  const commit = () =>
    delivery.commit(outputs, [], new AbortController().signal, () => {
      asked.push('mine?');
      return Promise.resolve();
    });
  await rejects(commit());
  await rejects(commit());
  deepEqual(asked.length, 3);
});
