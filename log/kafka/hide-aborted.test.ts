import { deepEqual } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type AbortedTransaction, type DecodedRecord, hideAborted } from './hide-aborted.ts';

/**
 * `a0 b1 A2 C3`: offsets after the letter; small letters are records of that producer in a transaction, `A:a` is an abort
 * marker of a, `C:b` a commit marker of b, `-` a plain record.
 */
const parse = (log: string): DecodedRecord[] =>
  log.split(' ').map((word, offset) => {
    const marker = /^([AC]):(.)$/.exec(word);
    const producerId = marker?.[2] ?? (word === '-' ? '-1' : word);
    return {
      offset: String(offset),
      key: marker === null ? null : Buffer.from([0, 0, 0, marker[1] === 'A' ? 0 : 1]),
      isControlRecord: marker !== null,
      batchContext: { producerId, inTransaction: word !== '-' },
    };
  });
const aborted = (...pairs: readonly [producerId: string, firstOffset: number][]): AbortedTransaction[] =>
  pairs.map(([producerId, firstOffset]) => ({ producerId, firstOffset: String(firstOffset) }));
const visible = (records: readonly DecodedRecord[], transactions: readonly AbortedTransaction[]): string => {
  hideAborted(records, transactions);
  return records
    .filter(({ isControlRecord }) => !isControlRecord)
    .map(({ offset }) => offset)
    .join(' ');
};

const cases: [says: string, log: string, aborted: AbortedTransaction[], visible: string][] = [
  ['nothing aborted hides nothing', 'a - C:a', [], '0 1'],
  [
    'an aborted transaction is hidden, plain records and the next transaction are not',
    'a - A:a a C:a',
    aborted(['a', 0]),
    '1 3',
  ],
  ['two that overlap, named in the order of their aborts', 'a b a A:b A:a a C:a', aborted(['b', 1], ['a', 0]), '5'],
  ['two that began before the first record that was fetched', 'a b A:a A:b b C:b', aborted(['b', -3], ['a', -7]), '4'],
  ['a producer that aborts twice', 'a A:a a C:a a A:a', aborted(['a', 0], ['a', 4]), '2'],
  ['a commit marker of another ends nothing', 'a b C:b a A:a', aborted(['a', 0]), '1'],
];
for (const [says, log, transactions, wanted] of cases)
  test(says, () => deepEqual(visible(parse(log), transactions), wanted));

test('a record whose key looks like an abort marker ends nothing', () => {
  const records = parse('a a A:a');
  const disguised = records.map((record, i) => (i === 0 ? { ...record, key: Buffer.from([0, 0, 0, 0]) } : record));
  deepEqual(visible(disguised, aborted(['a', 0])), '');
});

test('any interleaving of transactions shows the committed ones only', () => {
  const steps = fc.array(
    fc.record({ producer: fc.constantFrom('a', 'b', 'c'), ends: fc.constantFrom('', '', 'A', 'C') }),
    {
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(steps, (history) => {
      const words: string[] = [];
      const open = new Map<string, number[]>();
      const ended: [string, number][] = [];
      const wanted: number[] = [];
      const end = (producer: string, how: string) => {
        const offsets = open.get(producer);
        if (offsets === undefined) return;
        open.delete(producer);
        words.push(`${how}:${producer}`);
        if (how === 'C') wanted.push(...offsets);
        else ended.push([producer, offsets[0]!]);
      };
      for (const { producer, ends } of history) {
        if (ends !== '') end(producer, ends);
        else {
          open.set(producer, [...(open.get(producer) ?? []), words.length]);
          words.push(producer);
        }
      }
      for (const producer of ['a', 'b', 'c']) end(producer, 'C');
      if (words.length === 0) return;
      deepEqual(visible(parse(words.join(' ')), aborted(...ended)), wanted.sort((x, y) => x - y).join(' '));
    }),
  );
});
