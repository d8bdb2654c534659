import { loadServerTypes, type ServerTypes } from '../../schemas/server-types.ts';
import { command } from './ask.ts';
import type { ClickHouse } from './connection.ts';
import { performInsert } from './perform-insert.ts';
import { TabSeparatedRows } from './tab-separated.ts';
import { databaseName } from './tables.ts';

const columns = [
  'kind',
  'year',
  'type',
  'name',
  'cpu',
  'memory',
  'disk',
  'rack',
  'servers_per_rack',
  'real_cores',
  'logical_cpus',
  'ghz',
  'rcu',
];

/** The tables of server types and generations as they are shipped; what an earlier version loaded goes. */
export async function storeServerTypes(clickHouse: ClickHouse, tables: ServerTypes = loadServerTypes()): Promise<void> {
  const rows = new TabSeparatedRows();
  const unknown = Number.NaN;
  for (const it of tables.serverTypes) {
    rows.text('server_type').integer(it.year).text(it.type).text(it.name).text(it.cpu).text(it.memory).text(it.disk);
    rows
      .text('')
      .float64(it.serversPerRack)
      .float64(unknown)
      .float64(unknown)
      .float32(unknown)
      .float32(unknown)
      .endRow();
  }
  for (const it of tables.generations) {
    rows.text('generation').integer(it.year).text('').text(it.name).text(it.coresSpeed).text('').text('');
    rows
      .text(it.rackComposition)
      .float64(unknown)
      .float64(it.realCores ?? unknown)
      .float64(it.logicalCpus ?? unknown);
    rows
      .float32(it.ghz)
      .float32(it.rcu ?? unknown)
      .endRow();
  }
  await command(clickHouse, `TRUNCATE TABLE ${databaseName}.server_types`);
  const { rowCount } = rows;
  await performInsert(clickHouse, {
    table: 'server_types',
    token: 'shipped',
    columns,
    format: rows.format,
    rows: rows.toBuffer(),
    rowCount,
  });
}
