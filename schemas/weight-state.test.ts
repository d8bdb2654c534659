import { equal, notEqual } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { killScopeCovers } from './weight-records.ts';
import { stateHashOf } from './weight-state.ts';

test('the hash of a state is SHA-256 over its lines in order of the names, whatever order the servers come in', () => {
  const expected = createHash('sha256').update('s1=242\ns10=7\ns2=40\n').digest('hex').slice(0, 16);
  const ways: [string, number][][] = [
    [
      ['s1', 242],
      ['s2', 40],
      ['s10', 7],
    ],
    [
      ['s10', 7],
      ['s2', 40],
      ['s1', 242],
    ],
  ];
  for (const way of ways) equal(stateHashOf(new Map(way)), expected);
});

test('one unit of one weight makes another hash', () => {
  notEqual(stateHashOf(new Map([['s1', 100]])), stateHashOf(new Map([['s1', 101]])));
});

const scopes: [scope: string, covers: boolean][] = [
  ['all', true],
  ['tier:web', true],
  ['pool:web-snc', true],
  ['tier:web-snc', false],
  ['pool:web', false],
  ['', false],
];
for (const [scope, covers] of scopes)
  test(`a kill switch of scope "${scope}" ${covers ? 'stops' : 'does not stop'} pool web-snc of tier web`, () => {
    equal(killScopeCovers(scope, { pool: 'web-snc', tier: 'web' }), covers);
  });
