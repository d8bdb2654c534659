import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DynoError } from '../base/errors.ts';

/** How other commands of this machine reach the running program. */
export interface ApiAddress {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

const pathIn = (dataDir: string): string => join(dataDir, 'api.json');

/** Readable by its owner alone: the token lets its holder write. Whole or not at all. */
export async function writeApiFile(dataDir: string, address: ApiAddress): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const draft = `${pathIn(dataDir)}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(address, undefined, 2)}\n`, { mode: 0o600 });
  await rename(draft, pathIn(dataDir));
}

/** undefined = nothing runs on this data directory, or it did not close in order and left nothing readable. */
export async function readApiFile(dataDir: string): Promise<ApiAddress | undefined> {
  let text: string;
  try {
    text = await readFile(pathIn(dataDir), 'utf8');
  } catch {
    return undefined;
  }
  return parseAddress(text, pathIn(dataDir));
}

/** Removes the file unless a later program has put its own there. */
export async function removeApiFile(dataDir: string, token: string): Promise<void> {
  const present = await readApiFile(dataDir).catch(() => undefined);
  if (present?.token === token) await rm(pathIn(dataDir), { force: true });
}

function parseAddress(text: string, path: string): ApiAddress {
  const broken = (why: string) =>
    new DynoError('DYNO_OVERWATCH_API_FILE_BROKEN', `${path} cannot be read (${why}); remove it and start again`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw broken('it is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw broken('it is not an object');
  const { url, token, pid } = parsed as Partial<Record<keyof ApiAddress, unknown>>;
  if (typeof url !== 'string' || typeof token !== 'string' || typeof pid !== 'number')
    throw broken('url, token or pid is missing');
  return { url, token, pid };
}
