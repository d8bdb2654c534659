import { type Clock, delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';

const askEveryMs = 10_000;
const answerWithinMs = 3_000;

export interface RegistryWatch {
  /** A sentence while the registry does not answer. */
  problem(): string | undefined;
  stop(): void;
}

/** Asks the schema registry now and then whether it is there: stages notice only when they meet a new schema. */
export function watchRegistry(url: string, clock: Clock): RegistryWatch {
  const stopped = new AbortController();
  let problem: string | undefined;
  const ask = async (): Promise<void> => {
    try {
      const answer = await fetch(`${url}/schemas/types`, { signal: AbortSignal.timeout(answerWithinMs) });
      problem = answer.ok ? undefined : `the schema registry at ${url} answers ${answer.status}`;
    } catch (error) {
      problem = `the schema registry at ${url} does not answer: ${messageOf(error)}`;
    }
  };
  void (async () => {
    while (!stopped.signal.aborted) {
      await delay(clock, askEveryMs, stopped.signal);
      if (!stopped.signal.aborted) await ask();
    }
  })();
  return { problem: () => problem, stop: () => stopped.abort() };
}
