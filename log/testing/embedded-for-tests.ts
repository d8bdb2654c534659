import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from '../embedded/open-embedded-log.ts';

export interface EmbeddedForTests {
  readonly log: EmbeddedLog;
  readonly dir: string;
  /** Closes the log and opens it again on the same folder. */
  reopen(): Promise<EmbeddedLog>;
  /** Closes the log and removes its folder. */
  cleanup(): Promise<void>;
}

/** An embedded log in a folder of its own under the system's temporary folder. */
export async function embeddedForTests(options: Partial<EmbeddedLogOptions> = {}): Promise<EmbeddedForTests> {
  const dir = mkdtempSync(join(tmpdir(), 'dyno-log-'));
  const open = () => openEmbeddedLog({ dir, clock: systemClock, ...options });
  const log = await open();
  let current = log;
  return {
    log,
    dir,
    reopen: async () => {
      await current.close();
      current = await open();
      return current;
    },
    cleanup: async () => {
      await current.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
