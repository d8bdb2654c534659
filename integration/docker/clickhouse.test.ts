import { deepEqual, equal, rejects } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { rowFormatOf } from '../../sinks/clickhouse/row-format.ts';
import { insertOfAllTypes, rowOfAllTypes, tableOfAllTypes } from '../clickhouse/all-types.ts';
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
    const insert = {
      table: 't',
      token: 'a',
      columns: ['n'],
      format: 'TabSeparated' as const,
      rows: Buffer.from('1\n2\n'),
      rowCount: 2,
    };
    await performInsert(clickHouse, insert);
    await performInsert(clickHouse, insert);
    equal(Number((await ask(clickHouse, { sql: 'SELECT count() AS n FROM dynoscope.t' }))[0]?.['n']), 2);
  }),
);

test('binary rows are the rows of the text, and a column of another type refuses them', { skip, timeout }, () =>
  onServer(async (clickHouse) => {
    await command(clickHouse, 'CREATE DATABASE IF NOT EXISTS dynoscope ENGINE = Atomic');
    for (const table of ['text', 'binary']) await command(clickHouse, tableOfAllTypes(table));
    const rows = fc.sample(rowOfAllTypes, { numRuns: 2_000, seed: 7 });
    await performInsert(clickHouse, insertOfAllTypes('text', 'TabSeparated', 1, rows));
    const binary = insertOfAllTypes('binary', rowFormatOf(clickHouse), 1, rows);
    equal(binary.format, 'RowBinaryWithNamesAndTypes');
    for (let repeat = 0; repeat < 2; repeat++) await performInsert(clickHouse, binary);
    const sql = `SELECT (SELECT count() FROM (SELECT * FROM dynoscope.text EXCEPT SELECT * FROM dynoscope.binary)) AS missing,
  (SELECT count() FROM (SELECT * FROM dynoscope.binary EXCEPT SELECT * FROM dynoscope.text)) AS more,
  (SELECT count() FROM dynoscope.binary) AS all`;
    const [found] = await ask(clickHouse, { sql });
    deepEqual([found?.['missing'], found?.['more'], found?.['all']].map(Number), [0, 0, rows.length]);
    await command(clickHouse, 'ALTER TABLE dynoscope.binary MODIFY COLUMN u32 UInt64');
    await rejects(performInsert(clickHouse, { ...binary, token: 'other' }), { code: 'DYNO_CLICKHOUSE_ROWS_REFUSED' });
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
