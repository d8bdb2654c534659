import { gzipSync } from 'node:zlib';
import { createCounterDecoder } from '../../../native/counter-decoder.ts';
import { hostCountersSchema } from '../../../schemas/host-counters.ts';
import { newRows } from '../../../sinks/clickhouse/new-rows.ts';
import type { RowFormat } from '../../../sinks/clickhouse/row-format.ts';
import { counters1s } from '../../../sinks/clickhouse/rows/counters-1s.ts';
import { insertGzipLevel } from '../../../sinks/clickhouse/server-link.ts';
import { CounterRecords } from '../world/counter-records.ts';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** Decoded records into rows of `counters_1s`, as the `raw` stage makes them; nothing is inserted. */
interface Options {
  readonly format: RowFormat;
  readonly inserts: number;
  /** Compressed as for a server. */
  readonly gzip: boolean;
}

const hosts = 2_000;
const schemaId = 1;
const options = childOptions<Options>();
const decoder = createCounterDecoder();
decoder.addSchema(schemaId, hostCountersSchema());
const records = new CounterRecords({ hosts, schemaId });
const meter = new Meter(hosts * Math.max(1, Math.floor(options.inserts / 4)));
const startMs = 1_700_000_000_000;
const decoded = decoder.decode(Array.from({ length: hosts }, (_, host) => records.value(host, startMs, 0)));
const source = { src: 'bench-0', epoch: 1 };
let rowBytes = 0;
let sentBytes = 0;
for (let insert = 1; insert <= options.inserts; insert++) {
  const rows = newRows(options.format, counters1s.columns);
  for (let at = 0; at < hosts; at++)
    counters1s.append(rows, { decoded, at, offset: insert * hosts + at, slotMs: startMs + insert * 1_000 }, source);
  const bytes = rows.toBuffer();
  rowBytes = bytes.length / hosts;
  if (options.gzip) sentBytes = gzipSync(bytes, { level: insertGzipLevel }).length / hosts;
  meter.done(insert * hosts);
}
answerAndExit(meter.measured({ bytes_a_row: Math.round(rowBytes), gzip_bytes_a_row: Math.round(sentBytes) }));
