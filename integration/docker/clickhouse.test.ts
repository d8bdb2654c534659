import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { whyNoDocker } from './why-no-docker.ts';

/** The same engine as a server: what the embedded tests show has to hold there too. */
const image = 'clickhouse/clickhouse-server:26.3';
const skip = whyNoDocker() ?? false;
const timeout = 300_000;

test('the schema applies to a ClickHouse server, twice', { skip, timeout }, () =>
  onServer(async (clickHouse) => {
    await migrate(clickHouse);
    deepEqual(await migrate(clickHouse), { applied: [], columnsAdded: [] });
  }),
);

test('an insert that is repeated with its token is on the server once', { skip, timeout }, () =>
  onServer(async (clickHouse) => {
    await command(clickHouse, 'CREATE DATABASE IF NOT EXISTS dynoscope ENGINE = Atomic');
    await command(
      clickHouse,
      'CREATE TABLE dynoscope.t (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100',
    );
    const insert = { table: 't', token: 'a', columns: ['n'], rows: Buffer.from('1\n2\n'), rowCount: 2 };
    await performInsert(clickHouse, insert);
    await performInsert(clickHouse, insert);
    equal(Number((await ask(clickHouse, { sql: 'SELECT count() AS n FROM dynoscope.t' }))[0]?.['n']), 2);
  }),
);

async function onServer(run: (clickHouse: ClickHouse) => Promise<void>): Promise<void> {
  const { ClickHouseContainer } = await import('@testcontainers/clickhouse');
  const server = await new ClickHouseContainer(image).start();
  try {
    const { username: user, password } = server.getClientOptions();
    const clickHouse = await openClickHouse({ url: server.getHttpUrl(), user, password, dataDir: '' });
    try {
      await run(clickHouse);
    } finally {
      await clickHouse.close();
    }
  } finally {
    await server.stop();
  }
}
