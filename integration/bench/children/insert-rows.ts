import { createCounterDecoder } from '../../../native/counter-decoder.ts';
import { insertOf } from '../../../pipelines/clickhouse/insert-of.ts';
import { counters } from '../../../schemas/counters.ts';
import { hostCountersSchema } from '../../../schemas/host-counters.ts';
import { type ClickHouse, openClickHouse } from '../../../sinks/clickhouse/connection.ts';
import { migrate } from '../../../sinks/clickhouse/migrate.ts';
import { performInsert } from '../../../sinks/clickhouse/perform-insert.ts';
import { counters1s } from '../../../sinks/clickhouse/rows/counters-1s.ts';
import { TabSeparatedRows } from '../../../sinks/clickhouse/tab-separated.ts';
import { CounterRecords } from '../world/counter-records.ts';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** Decoded records into `counters_1s` of the embedded engine: as the `raw` stage does it, or as rows of the client. */
interface Options {
  readonly by: 'ours' | 'client';
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
// Encoding and decoding are not what is measured: the same second of the fleet is inserted again and again.
const decoded = decoder.decode(Array.from({ length: hosts }, (_, host) => records.value(host, startMs, 0)));
for (let insert = 1; insert <= options.inserts; insert++) {
  await (options.by === 'ours' ? insertOurs : insertByClient)(clickHouse, insert);
  meter.done(insert * hosts);
}
const measured = meter.measured();
await clickHouse.close();
answerAndExit(measured);

/** One second of the fleet, rendered and inserted by the functions of the raw stage. */
async function insertOurs(into: ClickHouse, insert: number): Promise<void> {
  const slotMs = startMs + insert * 1_000;
  const rows = new TabSeparatedRows();
  for (let at = 0; at < hosts; at++)
    counters1s.append(rows, { decoded, at, offset: insert * hosts + at, slotMs }, { src: 'bench-0', epoch: 1 });
  await performInsert(into, insertOf(counters1s, `bench:${insert}`, rows));
}

/** The same rows as the client's users insert them. */
async function insertByClient(into: ClickHouse, insert: number): Promise<void> {
  const slotS = startMs / 1_000 + insert;
  const values = Array.from({ length: hosts }, (_, at) => [
    startMs / 1_000,
    decoded.hostNames[decoded.hosts[at]!]!,
    decoded.intervalsMs[at]!,
    {},
    slotS,
    'bench-0',
    1,
    insert * hosts + at,
    ...decoded.columns.slice(0, counters.length).map((column) => numberOrNull(column[at]!)),
  ]);
  const columns = [...counters1s.columns.names] as [string, ...string[]];
  await into.role('sink').run(async ({ client }) => {
    await client.insert({ table: `dynoscope.${counters1s.table}`, values, columns, format: 'JSONCompactEachRow' });
  });
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
