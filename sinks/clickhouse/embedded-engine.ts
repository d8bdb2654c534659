import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { DynoError, messageOf } from '../../base/errors.ts';
import type { Link, RawInsert } from './role-connection.ts';
import { type Role, settingsOf } from './roles.ts';

export interface EmbeddedEngine {
  link(role: Role): Promise<Link>;
  close(): Promise<void>;
}

/**
 * What the engine may take of a process that also samples, windows and serves pages: its defaults assume a server of
 * its own (caches of 5 GB, a pool of 10,000 threads). System log tables are off in the embedded engine by itself.
 */
const engineArguments = [
  '--max_server_memory_usage=1500000000',
  '--mark_cache_size=8388608',
  '--primary_index_cache_size=8388608',
  '--query_condition_cache_size=2097152',
  '--compiled_expression_cache_size=8388608',
  '--mmap_cache_size=64',
  '--max_thread_pool_size=64',
  '--background_pool_size=1',
  '--background_merges_mutations_concurrency_ratio=2',
  '--asynchronous_metrics_update_period_s=60',
];

/**
 * The real ClickHouse engine inside this process, on one data folder that it locks. An anchor session carries the
 * engine's arguments and keeps it running while the roles' connections come and go. Loaded lazily: the library costs ~150 MB.
 */
export async function openEmbeddedEngine(dataDir: string): Promise<EmbeddedEngine> {
  const path = resolve(dataDir);
  mkdirSync(path, { recursive: true });
  const { Session, drainPending } = await import('chdb');
  const { createChdbConnection } = await import('chdb/connection');
  const anchor = openAnchor(path, () => new Session(path, { connectionArgs: engineArguments }));
  return {
    link: async (role) => {
      const connection = createChdbConnection({ path });
      const client = createClient({
        connection: asClientConnection(connection),
        log: { level: ClickHouseLogLevel.OFF },
      });
      try {
        for (const statement of setStatements(role)) await client.command({ query: statement });
      } catch (error) {
        await client.close();
        throw error;
      }
      return {
        client,
        // Settings in the statement, never by SET: a token that sticks to the connection drops the next insert.
        insert: async (insert: RawInsert) => {
          const { format } = insert;
          if (format !== 'TabSeparated')
            throw new Error(`the embedded engine was given rows of ${format}: a defect of the caller`);
          await connection.chdb.rawInsert({
            table: insert.table,
            columns: [...insert.columns],
            format,
            values: insert.rows,
            settings: { insert_deduplication_token: insert.token },
          });
        },
        close: () => client.close(),
      };
    },
    close: async () => {
      await drainPending();
      anchor.close();
    },
  };
}

/** chdb is typed against the published client-common, the client against its own copy: the same interface, twice declared. */
const asClientConnection = (connection: unknown): ClientConnection => connection as ClientConnection;
type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

const setStatements = (role: Role): readonly string[] =>
  Object.entries(settingsOf(role, true)).map(([name, value]) => `SET ${name} = '${String(value)}'`);

function openAnchor<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    const owner = ownerOf(path);
    if (owner !== undefined) {
      throw new DynoError(
        'DYNO_CLICKHOUSE_DIR_IN_USE',
        `the ClickHouse data folder ${path} is in use by process ${owner}; stop that process, or give this one another folder with --data`,
        { cause, details: { path, owner } },
      );
    }
    throw new DynoError(
      'DYNO_CLICKHOUSE_OPEN_FAILED',
      `the embedded ClickHouse engine could not open ${path}: ${messageOf(cause)}; check that the folder is writable, has free space and was written by this version`,
      { cause, details: { path } },
    );
  }
}

/** The living process named by the engine's lock file, unless it is this one. */
function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(/^PID: (\d+)/.exec(readFileSync(join(path, 'status'), 'utf8'))?.[1]);
    if (!Number.isInteger(pid) || pid === process.pid) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
