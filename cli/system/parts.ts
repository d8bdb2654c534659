import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, delay } from '../../base/clock.ts';
import { isRetryable } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { openLog } from '../../log/open-log.ts';
import type { Log } from '../../log/port.ts';
import type { RegistryClient } from '../../log/registry/client.ts';
import { openRegistryClient } from '../../log/registry/client.ts';
import { startRegistry } from '../../log/registry/start-registry.ts';
import type { AvroTopic } from '../../schemas/codec.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { applyTopics } from '../setup/apply-topics.ts';

const startAttempts = 5;

/** What stages, agents and screens need around them, opened and ready to use. */
export interface Parts {
  readonly log: Log;
  readonly registry: RegistryClient;
  readonly registryUrl: string;
  /** Schema ids of what this program writes. */
  readonly schemaIds: ReadonlyMap<AvroTopic, number>;
  /** Topics that exist otherwise than they should, a sentence each. */
  readonly topicDifferences: readonly string[];
  /** undefined when it was not asked for. */
  readonly clickHouse: ClickHouse | undefined;
  /** In the reverse order of opening. */
  close(): Promise<void>;
}

/**
 * Opens log, topics, registry and ClickHouse as the settings say: each embedded or real. What was opened is closed
 * again when a later part fails.
 */
export async function openParts(settings: Settings, clock: Clock, wanted = { clickHouse: true }): Promise<Parts> {
  mkdirSync(settings.dataDir, { recursive: true });
  const opened: { close(): Promise<unknown> }[] = [];
  const keep = <T extends { close(): Promise<unknown> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (const part of opened.reverse()) await part.close();
    opened.length = 0;
  };
  try {
    // Loads its client while the log opens.
    const remote = settings.registry.url === undefined ? undefined : openRegistryClient({ url: settings.registry.url });
    const log = keep(await openLog(settings, { clock }));
    // The engine starts while the log and the registry get ready: together they would take too long.
    const openingClickHouse = wanted.clickHouse ? openMigrated(settings).then(keep) : Promise.resolve(undefined);
    openingClickHouse.catch(() => {});
    const registryUrl = settings.registry.url ?? keep(await startRegistry({ log, host: '127.0.0.1', port: 0 })).url;
    const registry = remote ?? openRegistryClient({ url: registryUrl });
    const { schemaIds, differences } = await patiently(clock, () =>
      applyTopics({ log, registry, partitions: settings.log.partitions }),
    );
    const clickHouse = await openingClickHouse;
    return { log, registry, registryUrl, schemaIds, topicDifferences: differences, clickHouse, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** At the start everything starts at once: an answer that is late on a busy machine is asked for again, a few times. */
async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) || attempt >= startAttempts) throw error;
      await delay(clock, 1_000);
    }
  }
}

async function openMigrated(settings: Settings): Promise<ClickHouse> {
  const { url, user, password } = settings.clickhouse;
  const clickHouse = await openClickHouse({ url, user, password, dataDir: join(settings.dataDir, 'clickhouse') });
  try {
    await migrate(clickHouse);
    return clickHouse;
  } catch (error) {
    await clickHouse.close();
    throw error;
  }
}
