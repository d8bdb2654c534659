import { DynoError } from '../../base/errors.ts';
import type { Random } from '../../base/testing/random.ts';
import type { VirtualClock } from '../../base/testing/virtual-clock.ts';

/** A server as its clients meet it: away, or its answers do not come back although it did what was asked. */
export interface SimulatedServer {
  away: boolean;
  /** Share of calls that are performed although the caller is told that they failed. */
  answerLostRatio: number;
  /** Share of calls that take seconds on their way. */
  slowRatio: number;
}

/** How a simulated process is: a killed one never runs again; a frozen one stands still until it is thawed. */
export type ProcessState = 'running' | 'frozen' | 'killed';

export interface CallOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly server: SimulatedServer;
  readonly state: () => ProcessState;
}

const slowMsMax = 4_000;

/** A while on the way there, the work at the server, a while back; nothing comes back to a dead process. */
export async function callOver<T>({ clock, random, server, state }: CallOptions, work: () => T): Promise<T> {
  const onTheWay = (): Promise<void> =>
    new Promise((resolve) => {
      const slow = server.slowRatio > 0 && random.chance(server.slowRatio);
      clock.after(random.between(0, slow ? slowMsMax : 15), resolve);
    });
  const back = async (): Promise<void> => {
    do await onTheWay();
    while (state() === 'frozen');
    if (state() === 'killed') await new Promise<never>(() => {});
  };
  // What is on its way arrives whatever becomes of who sent it; who is frozen or dead sends nothing.
  while (state() === 'frozen') await onTheWay();
  if (state() === 'killed') await new Promise<never>(() => {});
  await onTheWay();
  const lost = server.answerLostRatio > 0 && random.chance(server.answerLostRatio);
  let answer: { readonly value: T } | { readonly error: unknown };
  if (server.away) answer = { error: unreachable() };
  else {
    try {
      const value = work();
      answer = lost ? { error: unreachable() } : { value };
    } catch (error) {
      answer = { error };
    }
  }
  await back();
  if ('error' in answer) throw answer.error;
  return answer.value;
}

const unreachable = (): DynoError =>
  new DynoError('DYNO_LOG_UNAVAILABLE', 'the simulated server did not answer; whether it did its work is unknown', {
    retryable: true,
  });
