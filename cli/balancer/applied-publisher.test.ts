import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { samples } from '../../schemas/testing/samples.ts';
import type { WeightApplied } from '../../schemas/weight-records.ts';
import { AppliedPublisher } from './applied-publisher.ts';

const report = (reason: string): WeightApplied => ({ ...samples['loadbalancer.applied.v1'], reason });

/** A publisher that runs on a virtual clock, into a log that is away when told so. */
function world({ waitingMax = 10 } = {}) {
  const clock = new VirtualClock();
  const publisher = new AppliedPublisher({ clock, waitingMax });
  const stop = new AbortController();
  const state = { away: false, answerLost: false, opened: 0, closed: 0, sent: [] as string[] };
  const failWhenAway = (): void => {
    if (state.away) throw new Error('away');
  };
  const open = async () => {
    failWhenAway();
    state.opened++;
    return {
      send: async (reports: readonly WeightApplied[]) => {
        failWhenAway();
        state.sent.push(...reports.map(({ reason }) => reason));
        if (state.answerLost) throw new Error('no answer');
      },
      close: async () => void state.closed++,
    };
  };
  const take = (...reasons: string[]): void => {
    for (const reason of reasons) publisher.take(report(reason));
  };
  return { clock, publisher, state, take, stop, running: publisher.run(open, stop.signal) };
}

test('reports come into the log in their order, by one sender', async () => {
  const { clock, state, take } = world();
  take('a', 'b');
  await clock.advance(10);
  take('c');
  await clock.advance(10);
  deepEqual([state.opened, ...state.sent], [1, 'a', 'b', 'c']);
});

test('while the log is away they wait, and are sent in their order when it is back', async () => {
  const { clock, state, take, publisher } = world();
  state.away = true;
  take('a');
  await clock.advance(5_000);
  take('b');
  await clock.advance(5_000);
  deepEqual(state.sent, []);
  state.away = false;
  await clock.advance(1_000);
  deepEqual([publisher.dropped, ...state.sent], [0, 'a', 'b']);
});

test('more than fit drop the oldest, which is counted', async () => {
  const { clock, state, take, publisher } = world({ waitingMax: 3 });
  state.away = true;
  take('a', 'b', 'c', 'd');
  await clock.advance(1_500);
  take('e');
  state.away = false;
  await clock.advance(2_000);
  deepEqual([publisher.dropped, ...state.sent], [2, 'c', 'd', 'e']);
});

test('an answer that is lost repeats the report by a new sender and closes the old one', async () => {
  const { clock, state, take } = world();
  state.answerLost = true;
  take('a');
  await clock.advance(10);
  state.answerLost = false;
  await clock.advance(1_000);
  deepEqual(state, { away: false, answerLost: false, opened: 2, closed: 1, sent: ['a', 'a'] });
});

test('a flush ends when everything is sent, or when its time is over', async () => {
  const { clock, state, take, publisher } = world();
  state.away = true;
  take('a');
  let flushed = false;
  const flushing = publisher.flush(500).then(() => (flushed = true));
  await clock.advance(400);
  equal(flushed, false);
  await clock.advance(200);
  equal(await flushing, true);
  state.away = false;
  await clock.advance(1_000);
  await publisher.flush(500);
  deepEqual(state.sent, ['a']);
});

test('it ends with the signal and closes its sender, at rest and while it waits', async () => {
  for (const away of [false, true]) {
    const { clock, state, take, stop, running } = world();
    take('a');
    await clock.advance(10);
    state.away = away;
    if (away) take('b');
    await clock.advance(10);
    stop.abort();
    await running;
    equal(state.closed, 1);
  }
});
