import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { DynoError } from '../../base/errors.ts';
import { projectFile } from '../../base/project-file.ts';
import type { CounterDefinition } from '../../schemas/counter.ts';
import { counters } from '../../schemas/counters.ts';
import { ask, command } from './ask.ts';
import type { ClickHouse } from './connection.ts';
import { counterColumnStatements } from './counter-columns.ts';
import { renderStatements, type SqlContext } from './render-sql.ts';
import { storeServerTypes } from './store-server-types.ts';
import { databaseName } from './tables.ts';

export interface MigrateOptions {
  readonly catalogue?: readonly CounterDefinition[];
}

export interface MigrateResult {
  /** Numbered files that were run now, in order. */
  readonly applied: readonly string[];
  /** Counter columns that were added to tables that existed. */
  readonly columnsAdded: readonly string[];
}

/**
 * Brings the schema to what this program expects: numbered files once each, then the table of server types,
 * columns of new counters, and the views. Running it again changes nothing. A file that was edited after it had been applied is an error.
 */
export async function migrate(clickHouse: ClickHouse, options: MigrateOptions = {}): Promise<MigrateResult> {
  const catalogue = options.catalogue ?? counters;
  const context: SqlContext = { catalogue, embedded: clickHouse.embedded };
  await createLedger(clickHouse);
  const known = await appliedChecksums(clickHouse);
  const applied: string[] = [];
  for (const file of sqlFiles('migrations')) {
    if (isApplied(file, known)) continue;
    for (const statement of renderStatements(file.text, context)) await command(clickHouse, statement);
    await record(clickHouse, file);
    applied.push(file.name);
  }
  await storeServerTypes(clickHouse);
  const columnsAdded = await addCounterColumns(clickHouse, catalogue);
  for (const file of sqlFiles('views')) {
    for (const statement of renderStatements(file.text, context)) await command(clickHouse, statement);
  }
  return { applied, columnsAdded };
}

interface SqlFile {
  readonly name: string;
  readonly version: number;
  readonly text: string;
  readonly checksum: string;
}

function sqlFiles(folder: 'migrations' | 'views'): readonly SqlFile[] {
  const path = projectFile('sinks', 'clickhouse', folder);
  return readdirSync(path)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const text = readFileSync(`${path}/${name}`, 'utf8');
      const checksum = createHash('sha256').update(text).digest('hex').slice(0, 16);
      return { name, version: Number.parseInt(name, 10), text, checksum };
    });
}

/** On a server the database is made with its default engine, which a cluster may have replaced. */
async function createLedger(clickHouse: ClickHouse): Promise<void> {
  const engine = clickHouse.embedded ? ' ENGINE = Atomic' : '';
  await command(clickHouse, `CREATE DATABASE IF NOT EXISTS ${databaseName}${engine}`);
  await command(
    clickHouse,
    `CREATE TABLE IF NOT EXISTS ${databaseName}.schema_migrations (
  version UInt32 COMMENT 'Number of the migration file',
  name String COMMENT 'Name of the migration file',
  checksum String COMMENT 'First 16 hex digits of the SHA-256 of the file as it was run',
  applied_at DateTime('UTC') DEFAULT now() COMMENT 'When it was run, UTC'
) ENGINE = ReplacingMergeTree(applied_at) ORDER BY version COMMENT 'Migrations that were run on this database'`,
  );
}

async function appliedChecksums(clickHouse: ClickHouse): Promise<ReadonlyMap<number, string>> {
  const sql = `SELECT version, checksum FROM ${databaseName}.schema_migrations FINAL`;
  const rows = await ask(clickHouse, { sql, role: 'sink' });
  return new Map(rows.map((row) => [Number(row['version']), String(row['checksum'])]));
}

function isApplied(file: SqlFile, known: ReadonlyMap<number, string>): boolean {
  const checksum = known.get(file.version);
  if (checksum === undefined || checksum === file.checksum) return checksum !== undefined;
  throw new DynoError(
    'DYNO_CLICKHOUSE_MIGRATION_EDITED',
    `migration ${file.name} was run on this database with other contents (checksum ${checksum}, now ${file.checksum}); ` +
      'restore the file and put the change into a new, higher number',
    { details: { file: file.name, was: checksum, now: file.checksum } },
  );
}

const record = (clickHouse: ClickHouse, file: SqlFile): Promise<void> =>
  command(
    clickHouse,
    `INSERT INTO ${databaseName}.schema_migrations (version, name, checksum) VALUES (${file.version}, '${file.name}', '${file.checksum}')`,
  );

async function addCounterColumns(clickHouse: ClickHouse, catalogue: readonly CounterDefinition[]): Promise<string[]> {
  const sql = `SELECT table, name, comment FROM system.columns WHERE database = {database:String} AND table IN ('counters_1s', 'host_windows')`;
  const present = await ask(clickHouse, { sql, params: { database: databaseName }, role: 'sink' });
  const added: string[] = [];
  for (const change of counterColumnStatements(present, catalogue)) {
    await command(clickHouse, change.sql);
    if (change.added !== undefined) added.push(...change.added);
  }
  return added;
}
