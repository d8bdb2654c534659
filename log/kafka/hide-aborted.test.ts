import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ProducerBatch } from './fetched-records.ts';
import { type AbortedTransaction, isAbortMarker, visibleBatches } from './hide-aborted.ts';

/**
 * `a b A:a C:b`: a batch of one record each, its offset is its place; small letters are records of that producer in a
 * transaction, `A:a` is an abort marker of a, `C:b` a commit marker of b, `-` a plain record.
 */
const parse = (log: string): ProducerBatch[] =>
  log.split(' ').map((word, from) => {
    const marker = /^([AC]):(.)$/.exec(word);
    return {
      from,
      to: from + 1,
      lastOffset: from,
      producerId: word === '-' ? -1 : numberOf(marker?.[2] ?? word),
      inTransaction: word !== '-',
      isControl: marker !== null,
      isAbort: marker?.[1] === 'A',
    };
  });
const numberOf = (letter: string): number => letter.charCodeAt(0);
const aborted = (...pairs: readonly [letter: string, firstOffset: number][]): AbortedTransaction[] =>
  pairs.map(([letter, firstOffset]) => ({ producerId: String(numberOf(letter)), firstOffset: String(firstOffset) }));
const visible = (batches: readonly ProducerBatch[], transactions: readonly AbortedTransaction[]): string =>
  visibleBatches(batches, transactions)
    .map(({ lastOffset }) => lastOffset)
    .join(' ');

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

test('the key of a marker says whether it aborts', () => {
  equal(isAbortMarker(Buffer.from([0, 0, 0, 0])), true);
  equal(isAbortMarker(Buffer.from([0, 0, 0, 1])), false);
  equal(isAbortMarker(undefined), false);
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
