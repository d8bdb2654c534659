import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Weights } from '../../schemas/weight-state.ts';
import type { Fence } from './acceptance.ts';

/** The command that was last to be written to the balancer, kept before it is: after a kill it explains what stands there. */
export interface WrittenCommand extends Fence {
  readonly commandId: string;
  readonly runId: string | undefined;
  readonly stateHash: string;
}

/** What one pool's adapter must not forget. */
export interface AdapterState {
  readonly fence: Fence | undefined;
  /** undefined until a command or the options named them: then the balancer's own configuration counts. */
  readonly safeWeights: Weights | undefined;
  readonly lastWritten: WrittenCommand | undefined;
}

/** `torn`: there was a state and it cannot be trusted. */
export type LoadedState = AdapterState | 'none' | 'torn';

export interface AdapterDisk {
  load(): LoadedState;
  /** The state is on the disk, whole, when this returns; throws when it may not be. */
  save(state: AdapterState): void;
}

/** For a balancer that lives in this process too: it forgets with it. */
export function memoryDisk(): AdapterDisk {
  let kept: AdapterState | undefined;
  return {
    load: () => kept ?? 'none',
    save: (state) => {
      kept = state;
    },
  };
}

const version = 1;

/** A small file: checksummed, written beside, flushed, renamed over, its folder flushed. */
export function fileDisk(path: string): AdapterDisk {
  return {
    load: () => {
      let text: string;
      try {
        text = readFileSync(path, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'none';
        return 'torn';
      }
      return parsed(text) ?? 'torn';
    },
    save: (state) => {
      mkdirSync(dirname(path), { recursive: true });
      const beside = `${path}.new`;
      flushed(beside, 'w', written(state));
      renameSync(beside, path);
      flushed(dirname(path), 'r');
    },
  };
}

function flushed(path: string, flags: 'w' | 'r', text?: string): void {
  const file = openSync(path, flags, 0o600);
  try {
    if (text !== undefined) writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const sumOf = (body: string): string => createHash('sha256').update(body).digest('hex');

/** Sum, line feed, JSON. */
function written({ fence, safeWeights, lastWritten }: AdapterState): string {
  const body = JSON.stringify({ version, fence, safeWeights: safeWeights && [...safeWeights], lastWritten });
  return `${sumOf(body)}\n${body}\n`;
}

function parsed(text: string): AdapterState | undefined {
  const [sum, body, end] = text.split('\n');
  if (body === undefined || end !== '' || sum !== sumOf(body)) return undefined;
  // The sum says that this program wrote it: the fields are what `written` put there.
  const found = JSON.parse(body) as {
    version: number;
    fence?: Fence;
    safeWeights?: [string, number][];
    lastWritten?: Omit<WrittenCommand, 'runId'> & { runId?: string };
  };
  if (found.version !== version) return undefined;
  return {
    fence: found.fence,
    safeWeights: found.safeWeights && new Map(found.safeWeights),
    lastWritten: found.lastWritten && { ...found.lastWritten, runId: found.lastWritten.runId },
  };
}
