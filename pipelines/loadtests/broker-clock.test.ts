import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerClock } from './broker-clock.ts';

test('what was read soonest after its append says most of the clock of the broker; old looks are forgotten', () => {
  const clock = new BrokerClock();
  equal(clock.at(1_000, 0), undefined);
  clock.noteAppended(Float64Array.of(9_300, 9_600, 9_500));
  equal(clock.at(10_000, 0), 9_600);
  clock.noteAppended(Float64Array.of(10_100));
  // 900 ms late on its way: the look before says more.
  equal(clock.at(11_000, 1_000), 10_600);
  deepEqual([clock.at(20_000, 10_000), clock.at(21_100, 11_100)], [19_600, undefined]);
});

test('a broker whose clock is ahead is seen ahead', () => {
  const clock = new BrokerClock();
  clock.noteAppended(Float64Array.of(12_000));
  equal(clock.at(10_000, 0), 12_000);
});
