import { closeSync, fchmodSync, fsyncSync, openSync, writeSync } from 'node:fs';

/**
 * Writes the whole text and flushes it, so that a rename over another file can never leave an empty one after a crash.
 * `mode`: of a file that a balancer under another user reads, whatever this process's umask is.
 */
export function writeFlushed(path: string, text: string, mode: number): void {
  const file = openSync(path, 'w', mode);
  try {
    fchmodSync(file, mode);
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
