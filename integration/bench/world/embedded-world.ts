import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { applyTopics } from '../../../cli/setup/apply-topics.ts';
import { openEmbeddedLog } from '../../../log/embedded/open-embedded-log.ts';
import { openRegistryClient } from '../../../log/registry/client.ts';
import { startRegistry } from '../../../log/registry/start-registry.ts';
import { publishPlacements } from './cluster.ts';
import { type FillOptions, fillInBatches } from './fill-counters.ts';

export interface EmbeddedWorld {
  /** The data directory of a program: the log is in `log/` of it. */
  readonly dataDir: string;
  readonly records: number;
  remove(): void;
}

/** A data directory whose embedded log holds counters; closed again, since one process at a time may have it open. */
export async function embeddedWorld(fill: Omit<FillOptions, 'schemaId'>): Promise<EmbeddedWorld> {
  const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-bench-'));
  const log = await openEmbeddedLog({ dir: join(dataDir, 'log'), clock: systemClock });
  const registry = await startRegistry({ log });
  const client = openRegistryClient({ url: registry.url });
  const { schemaIds } = await applyTopics({ log, registry: client, partitions: fill.partitions });
  await publishPlacements(log, fill.hosts, schemaIds.get('topology.hosts.v1')!);
  const { records } = await fillInBatches(log, { ...fill, schemaId: schemaIds.get('dyno.counters.v1')! }, 2_000);
  await registry.close();
  await log.close();
  return { dataDir, records, remove: () => rmSync(dataDir, { recursive: true, force: true }) };
}
