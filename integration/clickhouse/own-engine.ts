import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';

/** The real engine with our schema for the tests of one file, in a folder of its own; these tables are empty before each. */
export function ownEngine(emptied: readonly string[] = []): () => ClickHouse {
  let clickHouse: ClickHouse | undefined;
  const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
  before(async () => {
    clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
    await migrate(clickHouse);
  });
  after(async () => {
    await clickHouse?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    for (const table of emptied) await command(clickHouse!, `TRUNCATE TABLE dynoscope.${table}`);
  });
  return () => clickHouse!;
}
