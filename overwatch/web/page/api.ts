import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../../api-types.ts';

/** JSON of this server; throws an Error with the sentence that the server gave. */
export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(url, signal === undefined ? {} : { signal });
  if (answer.ok) return (await answer.json()) as T;
  throw new Error(await sentenceOf(answer));
}

export async function sentenceOf(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const { code, message } = JSON.parse(text) as ApiError;
    return `${message} (${code})`;
  } catch {
    return `The server answered ${answer.status}: ${text.slice(0, 300)}`;
  }
}

export interface Fetched<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
}

/** The newest answer of `url`, asked again each `everyMs`; never two requests at a time. `undefined` url = nothing. */
export function usePolled<T>(url: string | undefined, everyMs: number | undefined): Fetched<T> {
  const [fetched, setFetched] = useState<Fetched<T>>({ value: undefined, error: undefined });
  useEffect(() => {
    setFetched({ value: undefined, error: undefined });
    if (url === undefined) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      getJson<T>(url, stop.signal)
        .then((value) => setFetched({ value, error: undefined }))
        .catch((error: unknown) => {
          if (!stop.signal.aborted)
            setFetched((before) => ({
              value: before.value,
              error: error instanceof Error ? error.message : String(error),
            }));
        })
        .then(() => {
          if (!stop.signal.aborted && everyMs !== undefined) timer = setTimeout(ask, everyMs);
        });
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [url, everyMs]);
  return fetched;
}
