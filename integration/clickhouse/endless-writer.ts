import { openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { newestInserted } from '../../sinks/clickhouse/newest-inserted.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import { TabSeparatedRows } from '../../sinks/clickhouse/tab-separated.ts';

/**
 * Inserts windows one after the other until it is killed and says each (its end in seconds) when it is inserted. Like a
 * stage after a crash it asks how far it got; and it repeats the newest one, as a commit may not have followed.
 */
const src = 'dyno.host-windows.v1-0';
const clickHouse = await openClickHouse({
  url: undefined,
  user: 'default',
  password: '',
  dataDir: process.argv[2] ?? '',
});
await migrate(clickHouse);
const newestMs = await newestInserted(clickHouse, { table: 'host_windows', src, epoch: 1 });
const hour = 3_600_000;
let windowEndMs = newestMs ?? Math.floor(Date.now() / hour) * hour - hour;
for (;;) {
  const rows = new TabSeparatedRows();
  for (let host = 0; host < 5; host++) rows.seconds(windowEndMs).text(`h${host}`).text(src).integer(1).endRow();
  await performInsert(clickHouse, {
    table: 'host_windows',
    token: `host_windows:${src}:1:${windowEndMs}`,
    columns: ['time', 'host', 'src', 'epoch'],
    format: rows.format,
    rows: rows.toBuffer(),
    rowCount: rows.rowCount,
  });
  process.stdout.write(`${windowEndMs / 1_000}\n`);
  windowEndMs += 10_000;
}
