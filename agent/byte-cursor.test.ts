import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteCursor, numbersByName } from './byte-cursor.ts';

const at = (text: string): ByteCursor => new ByteCursor(Buffer.from(text));

test('reads words and integers of a line and stays at what is no integer', () => {
  const cursor = at('cpu0  12 x\nctxt 7');
  equal(cursor.word(), 'cpu0');
  equal(cursor.integer(), 12);
  equal(cursor.integer(), Number.NaN);
  equal(cursor.word(), 'x');
  equal(cursor.lineDone, true);
  equal(cursor.word(), '');
  cursor.nextLine();
  equal(cursor.startsWith('ctxt '), true);
  cursor.nextLine();
  equal(cursor.done, true);
});

test('a number before a delimiter on the next line is not found on this one', () => {
  const cursor = at('  no colon here\neth0:1 2');
  equal(cursor.before(':'), undefined);
  cursor.nextLine();
  equal(cursor.before(':'), 'eth0');
  equal(cursor.integer(), 1);
});

test('integers are read exactly modulo 2^53', () => {
  const total = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 54n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  fc.assert(fc.property(total, (value) => equal(at(` ${value} `).integer(), Number(BigInt.asUintN(53, value)))));
  equal(at(`${2 ** 53 - 1}`).integer(), 2 ** 53 - 1);
});

test('files of names and numbers, with and without colon', () => {
  deepEqual(
    [...numbersByName(Buffer.from('MemTotal:   24 kB\nHugePages_Free: 3\npgfault 9\nbroken x\n\n'))],
    [
      ['MemTotal', 24],
      ['HugePages_Free', 3],
      ['pgfault', 9],
      ['broken', Number.NaN],
    ],
  );
});

test('names of an earlier read change nothing, whether they still fit or not', () => {
  const name = fc.stringMatching(/^[a-z_]{1,6}$/);
  const lines = fc.array(fc.tuple(name, fc.nat()), { maxLength: 8 });
  fc.assert(
    fc.property(lines, fc.array(name, { maxLength: 8 }), fc.constantFrom('', ':'), (pairs, before, colon) => {
      const bytes = Buffer.from(pairs.map(([key, value]) => `${key}${colon} ${value}\n`).join(''));
      deepEqual(numbersByName(bytes, before), numbersByName(bytes));
      deepEqual(numbersByName(bytes, numbersByName(bytes).keys()), numbersByName(bytes));
    }),
  );
});
