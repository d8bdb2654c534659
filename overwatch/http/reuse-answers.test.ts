import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { reuseAnswers } from './reuse-answers.ts';

/** Says which key it was asked for, and which answer that is. */
function counted({ keysMax = 10, fails = (_: number): boolean => false } = {}) {
  const clock = new VirtualClock();
  let made = 0;
  const answer = reuseAnswers({
    monotonicMs: () => clock.monotonicMs(),
    reuseMs: 1_000,
    keysMax,
    make: async (key) => {
      made++;
      if (fails(made)) throw new Error(`answer ${made} failed`);
      return `${key} ${made}`;
    },
  });
  return { clock, answer };
}

test('an answer serves everyone who asks for its key within its time, and no longer', async () => {
  const { clock, answer } = counted();
  deepEqual(await Promise.all([answer('web'), answer('web'), answer('feed')]), ['web 1', 'web 1', 'feed 2']);
  await clock.advance(999);
  equal(await answer('web'), 'web 1');
  await clock.advance(1);
  equal(await answer('web'), 'web 3');
});

test('a failure is told to those who wait for it; who comes later asks anew', async () => {
  const { answer } = counted({ fails: (made) => made === 1 });
  const both = [answer('web'), answer('web')];
  await rejects(both[0]!, /answer 1 failed/);
  await rejects(both[1]!, /answer 1 failed/);
  equal(await answer('web'), 'web 2');
});

test('no more keys are kept than the bound', async () => {
  const { answer } = counted({ keysMax: 2 });
  deepEqual([await answer('a'), await answer('b'), await answer('c')], ['a 1', 'b 2', 'c 3']);
  deepEqual([await answer('c'), await answer('b'), await answer('a')], ['c 3', 'b 2', 'a 4']);
});
