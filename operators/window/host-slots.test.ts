import { deepEqual, equal, notEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HostSlots } from './host-slots.ts';

test('rows come in the order of names, whatever the order in which hosts came', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(names, fc.infiniteStream(fc.nat()), (hosts, chance) => {
      const slots = new HostSlots();
      const rows = hosts.filter(() => chance.next().value % 3 > 0);
      for (const [number, host] of hosts.entries()) slots.slotOf(number, host, 10);
      const found = slots.byName(Uint32Array.from(rows, (host) => slots.slotOf(hosts.indexOf(host), host, 10)));
      const sorted = [...rows].sort((a, b) => (a < b ? -1 : 1));
      deepEqual(found.hosts, sorted);
      deepEqual(
        Array.from(found.order, (row) => rows[row]),
        sorted,
      );
    }),
  );
});

test('the names are the same object while the same hosts come, and another one when a host comes, goes or is renamed', () => {
  const slots = new HostSlots();
  const [a, b] = [slots.slotOf(0, 'a', 10), slots.slotOf(1, 'b', 20)];
  const first = slots.byName(Uint32Array.of(b, a));
  deepEqual(
    [[...first.order], first.hosts],
    [
      [1, 0],
      ['a', 'b'],
    ],
  );
  equal(slots.byName(Uint32Array.of(a, b)).hosts, first.hosts);
  deepEqual(slots.byName(Uint32Array.of(b)).hosts, ['b']);
  notEqual(slots.byName(Uint32Array.of(a, b)).hosts, first.hosts);
  slots.releaseThrough(10);
  const c = slots.slotOf(2, 'c', 20);
  equal(c, a);
  deepEqual(slots.byName(Uint32Array.of(b, c)).hosts, ['b', 'c']);
});
