import { DynoError, messageOf } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { type ApiAddress, readApiFile } from '../../overwatch/api-file.ts';

/** An inventory of the largest size takes this long at most. */
const answerWithinMs = 60_000;

/**
 * The program that runs on the data directory and holds a part embedded: what concerns that part has to go through it.
 * undefined when nothing is embedded, nothing runs, or what ran was killed and left its address behind.
 */
export async function holderOfEmbeddedParts(settings: Settings): Promise<ApiAddress | undefined> {
  if (settings.log.kafkaBrokers.length > 0 && settings.registry.url !== undefined) return undefined;
  const address = await readApiFile(settings.dataDir);
  return address !== undefined && isAlive(address.pid) ? address : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but not ours.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

export interface WriteRequest {
  /** Under `/api/`. */
  readonly path: string;
  readonly body: unknown;
  /** Who asks, for its log. */
  readonly who: string;
  readonly signal: AbortSignal;
}

/** Makes a write through the running program. Its refusals come back as the errors that they were there. */
export async function writeThrough(address: ApiAddress, request: WriteRequest): Promise<unknown> {
  const url = new URL(`/api/${request.path}`, address.url);
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${address.token}`,
        'x-dyno-user': encodeURIComponent(request.who),
      },
      body: JSON.stringify(request.body),
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(answerWithinMs)]),
    });
  } catch (cause) {
    const why = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
    throw new DynoError(
      'DYNO_CLI_NOT_RUNNING',
      `process ${address.pid} holds the data directory but does not answer on ${address.url}: ${why}; wait for it, stop it, or remove api.json when that process is another program`,
      { retryable: true, cause },
    );
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return body;
  throw refusalOf(url, answer.status, body);
}

function refusalOf(url: URL, status: number, body: unknown): DynoError {
  const { code, message } = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: unknown;
    message?: unknown;
  };
  if (typeof code === 'string' && typeof message === 'string') return new DynoError(code, message);
  return new DynoError(
    'DYNO_CLI_WRITE_REFUSED',
    `${url.href} answered ${status} without saying why; see the log lines of the running program`,
  );
}
