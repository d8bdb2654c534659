import { Readable } from 'node:stream';
import { ClickHouseLogLevel, createClient, drainStream } from '@clickhouse/client';
import type { Link, RawInsert } from './role-connection.ts';
import { type Role, settingsOf } from './roles.ts';

export interface ServerAddress {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** Floats compress as well at 3 as at the default of 6, for two thirds of the CPU (docs/decisions/0013). */
export const insertGzipLevel = 3;

/** A link to a ClickHouse server or cluster over HTTP; the client pools its sockets. */
export async function serverLink(address: ServerAddress, role: Role): Promise<Link> {
  const client = createClient({
    url: address.url,
    username: address.user,
    password: address.password,
    application: `dynoscope-${role}`,
    // Its errors come to us, and go to our log lines with our sentence.
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: 60_000,
    clickhouse_settings: settingsOf(role, false),
    // The sink is usually not on the server's machine.
    compression: { request: role === 'sink' && { codec: 'gzip', level: insertGzipLevel }, response: false },
  });
  return {
    client,
    insert: async (insert: RawInsert, signal: AbortSignal) => {
      // Its `insert` knows no binary rows; `exec` sends the same request for any format.
      const { stream } = await client.exec({
        query: `INSERT INTO ${insert.table} (${insert.columns.join(', ')}) FORMAT ${insert.format}`,
        values: Readable.from([insert.rows], { objectMode: false }),
        abort_signal: signal,
        clickhouse_settings: { insert_deduplication_token: insert.token },
      });
      await drainStream(stream);
    },
    close: () => client.close(),
  };
}
