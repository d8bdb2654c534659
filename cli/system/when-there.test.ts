import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { DynoError } from '../../base/errors.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { whenThere } from './when-there.ts';

const away = () => new DynoError('DYNO_LOG_UNAVAILABLE', 'the log is away', { retryable: true });

function started(outcomes: readonly (Error | 'up')[]) {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const told: string[] = [];
  let attempts = 0;
  const start = async (): Promise<string> => {
    const outcome = outcomes[Math.min(attempts++, outcomes.length - 1)]!;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const stderr = { write: (words: string) => told.push(words) };
  const answer = whenThere(start, { clock, signal: abort.signal, stderr });
  answer.catch(() => {});
  return { clock, abort, told, answer, attempts: () => attempts };
}

test('a start waits for servers that are away, and says so once', async () => {
  const { clock, told, answer, attempts } = started([away(), away(), away(), 'up']);
  await clock.advance(5_000);
  equal(await answer, 'up');
  equal(attempts(), 4);
  deepEqual(told, ['dynoscope: waits and tries again: the log is away\n']);
});

test('a long outage is told once a minute, and the signal ends the wait', async () => {
  const { clock, abort, told, answer } = started([away()]);
  await clock.advance(130_000);
  equal(told.length, 3);
  abort.abort();
  await clock.advance(1);
  equal(await answer, undefined);
});

test('what waiting does not mend is told at once', async () => {
  const { answer, attempts } = started([new DynoError('DYNO_LOG_NOT_PERMITTED', 'the password is wrong')]);
  await rejects(answer, /the password is wrong/);
  equal(attempts(), 1);
});
