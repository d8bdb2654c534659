import { mkdirSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { openLog } from '../../log/open-log.ts';
import type { Log } from '../../log/port.ts';
import { openRegistryClient } from '../../log/registry/client.ts';
import { startRegistry } from '../../log/registry/start-registry.ts';
import type { RegistryPort } from './registry-port.ts';

export interface LogAndRegistry {
  readonly log: Log;
  readonly registry: RegistryPort;
}

/**
 * Opens the log and the registry that the settings name, for the length of one piece of work. Only while no program runs
 * on the data directory: an embedded log has one process, and a second embedded registry would fence the first.
 */
export async function withLogAndRegistry<T>(
  settings: Settings,
  work: (parts: LogAndRegistry) => Promise<T>,
): Promise<T> {
  mkdirSync(settings.dataDir, { recursive: true });
  const opened: { close(): Promise<unknown> }[] = [];
  try {
    const log = await openLog(settings, { clock: systemClock, clientId: 'dynoscope-setup' });
    opened.push(log);
    let { url } = settings.registry;
    if (url === undefined) {
      const registry = await startRegistry({ log });
      opened.push(registry);
      url = registry.url;
    }
    return await work({ log, registry: openRegistryClient({ url }) });
  } finally {
    for (const part of opened.reverse()) await part.close();
  }
}
