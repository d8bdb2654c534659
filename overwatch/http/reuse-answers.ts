import { BoundedMap } from '../../base/bounded-map.ts';

export interface ReuseOptions<T> {
  readonly monotonicMs: () => number;
  readonly reuseMs: number;
  readonly keysMax: number;
  readonly make: (key: string) => Promise<T>;
}

/**
 * One answer a key serves everyone who asks within `reuseMs` of its making, those who wait for it too. One that fails
 * serves only those who wait: the next one asks anew.
 */
export function reuseAnswers<T>({ monotonicMs, reuseMs, keysMax, make }: ReuseOptions<T>): (key: string) => Promise<T> {
  const answers = new BoundedMap<string, { readonly madeAtMs: number; readonly answer: Promise<T> }>({ keysMax });
  return (key) => {
    const found = answers.get(key);
    if (found !== undefined && monotonicMs() - found.madeAtMs < reuseMs) return found.answer;
    const made = { madeAtMs: monotonicMs(), answer: make(key) };
    answers.set(key, made);
    made.answer.catch(() => {
      if (answers.get(key) === made) answers.delete(key);
    });
    return made.answer;
  };
}
