import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCounterDecoder } from '../../../native/counter-decoder.ts';
import { insertOf } from '../../../pipelines/clickhouse/insert-of.ts';
import { hostCountersSchema } from '../../../schemas/host-counters.ts';
import { command } from '../../../sinks/clickhouse/ask.ts';
import { openClickHouse } from '../../../sinks/clickhouse/connection.ts';
import { migrate } from '../../../sinks/clickhouse/migrate.ts';
import { newRows } from '../../../sinks/clickhouse/new-rows.ts';
import type { RowFormat } from '../../../sinks/clickhouse/row-format.ts';
import { counters1s } from '../../../sinks/clickhouse/rows/counters-1s.ts';
import { CounterRecords } from '../world/counter-records.ts';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** What an engine pays to take rows of `counters_1s`: they lie in a file, in either format, and it is the embedded one. */
interface Options {
  readonly format: RowFormat;
  readonly dataDir: string;
  readonly inserts: number;
}

const hosts = 2_000;
const schemaId = 1;
const options = childOptions<Options>();
const clickHouse = await openClickHouse({ url: undefined, user: '', password: '', dataDir: options.dataDir });
await migrate(clickHouse);
const decoder = createCounterDecoder();
decoder.addSchema(schemaId, hostCountersSchema());
const records = new CounterRecords({ hosts, schemaId });
const meter = new Meter(hosts * Math.max(1, Math.floor(options.inserts / 4)));
const startMs = Math.floor(Date.now() / 1_000) * 1_000 - options.inserts * 1_000;
const decoded = decoder.decode(Array.from({ length: hosts }, (_, host) => records.value(host, startMs, 0)));
// Encoding is not what is measured: the same rows are loaded again and again.
const rows = newRows(options.format, counters1s.columns);
for (let at = 0; at < hosts; at++)
  counters1s.append(rows, { decoded, at, offset: at, slotMs: startMs }, { src: 'bench-0', epoch: 1 });
const { table, columns, format, rows: bytes } = insertOf(counters1s, 'bench', rows);
const file = join(options.dataDir, 'rows');
writeFileSync(file, bytes);
for (let insert = 1; insert <= options.inserts; insert++) {
  const settings = `SETTINGS insert_deduplication_token = 'bench:${insert}'`;
  await command(
    clickHouse,
    `INSERT INTO dynoscope.${table} (${columns.join(', ')}) FROM INFILE '${file}' ${settings} FORMAT ${format}`,
  );
  meter.done(insert * hosts);
}
const measured = meter.measured();
await clickHouse.close();
answerAndExit(measured);
