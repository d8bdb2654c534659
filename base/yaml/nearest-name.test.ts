import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from './nearest-name.ts';

const known = ['tier', 'service', 'server_type', 'server', 'valid_from'];
const cases: [wrong: string, meant: string | undefined][] = [
  ['teir', 'tier'],
  ['Tier', 'tier'],
  ['servertype', 'server_type'],
  ['server-type', 'server_type'],
  ['validFrom', 'valid_from'],
  ['servic', 'service'],
  ['colour', undefined],
  ['', undefined],
];
for (const [wrong, meant] of cases) {
  test(`"${wrong}" was meant as ${meant ?? 'nothing known'}`, () => equal(nearestName(wrong, known), meant));
}

test('a key of any length is compared quickly', () => {
  equal(nearestName('x'.repeat(1_000_000), known), undefined);
});
