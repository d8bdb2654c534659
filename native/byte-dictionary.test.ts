import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteDictionary } from './byte-dictionary.ts';

const numberOf = (dictionary: ByteDictionary, key: string): number => {
  const bytes = Buffer.from(`..${key}..`);
  return dictionary.numberOf(bytes, 2, bytes.length - 2);
};

test('the same bytes have the same number, and a number its key', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: 'grapheme' })), (keys) => {
      const dictionary = new ByteDictionary(1_000);
      const numbers = new Map<string, number>();
      for (const key of keys) {
        const number = numberOf(dictionary, key);
        equal(dictionary.keys[number], Buffer.from(key).toString());
        equal(numbers.get(Buffer.from(key).toString('hex')) ?? number, number);
        numbers.set(Buffer.from(key).toString('hex'), number);
      }
      equal(dictionary.size, numbers.size);
    }),
  );
});

test('a flood of keys over many rounds stays within the bound, and keys of the round keep their numbers', () => {
  const dictionary = new ByteDictionary(100);
  for (let round = 0; round < 50; round++) {
    dictionary.nextRound();
    const numbers = Array.from({ length: 60 }, (_, i) => numberOf(dictionary, `host-${round * 30 + i}`));
    equal(new Set(numbers).size, 60);
    for (const [i, number] of numbers.entries()) equal(dictionary.keys[number], `host-${round * 30 + i}`);
    ok(dictionary.size <= 100);
  }
  ok(dictionary.keys.length <= 160);
  equal(dictionary.evicted + dictionary.size >= 1_530, true);
});

test('one round may go beyond the bound, at no more than the cost of one eviction', () => {
  const dictionary = new ByteDictionary(10);
  dictionary.nextRound();
  for (let i = 0; i < 5_000; i++) equal(numberOf(dictionary, `k${i}`), i);
  equal(dictionary.evicted, 0);
});
