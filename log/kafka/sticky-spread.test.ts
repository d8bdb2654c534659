import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type SpreadMember, stickySpread } from './sticky-spread.ts';

const member = (id: string, owned: string[] = [], generation = 1): SpreadMember => ({ id, owned, generation });
const units = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

test('new members share the units evenly', () => {
  const spread = stickySpread(units(5), [member('b'), member('a')]);
  deepEqual(Object.fromEntries(spread), { a: ['0', '1', '2'], b: ['3', '4'] });
});

test('a member that comes takes its share and all else stays', () => {
  const spread = stickySpread(units(6), [member('a', ['0', '2', '4']), member('b', ['1', '3', '5']), member('c')]);
  deepEqual(Object.fromEntries(spread), { a: ['0', '2'], b: ['1', '3'], c: ['4', '5'] });
});

test('the units of a member that is gone go to the others, which keep their own', () => {
  const spread = stickySpread(units(6), [member('a', ['0', '5']), member('c', ['2', '3'])]);
  deepEqual(Object.fromEntries(spread), { a: ['0', '5', '1'], c: ['2', '3', '4'] });
});

test('of two members that claim a unit the one with the newer assignment keeps it', () => {
  const spread = stickySpread(units(2), [member('back from the dead', ['0', '1'], 3), member('owner', ['0'], 7)]);
  deepEqual(spread.get('owner'), ['0']);
  deepEqual(spread.get('back from the dead'), ['1']);
});

test('the unit that is one too many stays with a member that has it', () => {
  const spread = stickySpread(units(3), [member('a', ['0']), member('b', ['1', '2'])]);
  deepEqual(Object.fromEntries(spread), { a: ['0'], b: ['1', '2'] });
});

test('more members than units leaves members empty', () => {
  const spread = stickySpread(units(1), [member('a'), member('b', ['0'])]);
  deepEqual(Object.fromEntries(spread), { a: [], b: ['0'] });
});

test('no members, no spread', () => equal(stickySpread(units(3), []).size, 0));

test('every unit goes to exactly one member, evenly, with no move that balance does not ask for', () => {
  const group = fc.record({
    unitCount: fc.integer({ min: 0, max: 40 }),
    memberCount: fc.integer({ min: 1, max: 8 }),
    leaving: fc.nat(8),
    coming: fc.nat(3),
  });
  fc.assert(
    fc.property(group, ({ unitCount, memberCount, leaving, coming }) => {
      const all = units(unitCount);
      const first = stickySpread(
        all,
        Array.from({ length: memberCount }, (_, i) => member(`m${i}`)),
      );
      const stay = [...first].slice(0, Math.max(1, memberCount - leaving)).map(([id, owned]) => member(id, owned));
      const next = [...stay, ...Array.from({ length: coming }, (_, i) => member(`new${i}`))];
      const spread = stickySpread(all, next);
      deepEqual([...spread.values()].flat().sort(), [...all].sort());
      const sizes = [...spread.values()].map((owned) => owned.length);
      ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      for (const { id, owned } of stay) {
        const kept = owned.filter((unit) => spread.get(id)!.includes(unit)).length;
        equal(kept, Math.min(owned.length, spread.get(id)!.length));
      }
    }),
  );
});
