import { readFileSync } from 'node:fs';
import type { Log } from '../../../log/port.ts';
import { codecOf } from '../../../schemas/codec.ts';
import { counters } from '../../../schemas/counters.ts';

export interface Comparison {
  /** Windows of a host. */
  readonly rows: number;
  readonly values: number;
  /** Largest distance of two means or sums, relative. */
  readonly distanceMax: number;
}

interface Row {
  readonly values: Float32Array;
  readonly samples: Uint8Array;
  readonly at: number;
  readonly hosts: number;
}

const topic = 'dyno.host-windows.v1';
/** Ours are published as 32-bit floats: two values that agree to 1e-9 may be rounded to neighbours. */
const oneStep = 2 ** -23;

/**
 * The rows that the peer wrote against the blocks that the windows stage published in this epoch. Counts, least and
 * largest values must be the same, means and sums within one step of a 32-bit float; throws at the first that is not.
 * Both close a window at the same record, so each row must be on both sides.
 */
export async function compareRows(
  log: Log,
  options: {
    readonly epoch: number;
    readonly partitions: number;
    readonly schemaId: number;
    readonly rowsFile: string;
  },
): Promise<Comparison> {
  const ours = await publishedRows(log, options);
  let rows = 0;
  let values = 0;
  let distanceMax = 0;
  for (const { host, endMs, cell } of peerRows(options.rowsFile)) {
    const row = ours.get(`${host} ${endMs}`);
    if (row === undefined) throw new Error(`${host} in the window that ends at ${endMs} is in Kafka Streams alone`);
    rows++;
    for (const [counter, { name, aggregation }] of counters.entries()) {
      const theirs = cell(counter);
      const place = counter * row.hosts + row.at;
      const where = `${name} of ${host} in the window that ends at ${endMs}`;
      if (row.samples[place] !== theirs.count)
        throw new Error(`${where}: we count ${row.samples[place]}, Kafka Streams ${theirs.count}`);
      const wanted = aggregation === 'mean' ? theirs.sum / theirs.count : theirs[aggregation as 'sum' | 'min' | 'max'];
      if (theirs.count === 0 || wanted === undefined) continue;
      const rounded = Math.fround(wanted);
      const distance = rounded === 0 ? Math.abs(row.values[place]!) : Math.abs(row.values[place]! / rounded - 1);
      if (distance > (aggregation === 'mean' || aggregation === 'sum' ? oneStep : 0))
        throw new Error(`${where}: ours is ${row.values[place]}, that of Kafka Streams ${rounded}`);
      values++;
      distanceMax = Math.max(distanceMax, distance);
    }
  }
  if (rows === 0 || rows !== ours.size) throw new Error(`Kafka Streams gave ${rows} windows of hosts, we ${ours.size}`);
  return { rows, values, distanceMax };
}

async function publishedRows(
  log: Log,
  { epoch, partitions, schemaId }: { readonly epoch: number; readonly partitions: number; readonly schemaId: number },
): Promise<Map<string, Row>> {
  const codec = codecOf(topic);
  codec.addSchema(schemaId, codec.schemaJson);
  const rows = new Map<string, Row>();
  for (let partition = 0; partition < partitions; partition++)
    for await (const batch of log.read({ topic, partition }))
      for (const value of batch.values) {
        if (value === null) continue;
        const block = codec.decode(value);
        if (block.kind === 'marker' || block.epoch !== epoch) continue;
        const { values, samples, hosts } = block;
        for (const [at, { host }] of hosts.entries())
          rows.set(`${host} ${block.windowEndMs}`, { values, samples, at, hosts: hosts.length });
      }
  return rows;
}

interface PeerCell {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** As `Rows.java` writes them. */
function* peerRows(file: string): Generator<{ host: string; endMs: number; cell: (counter: number) => PeerCell }> {
  const bytes = readFileSync(file);
  const count = counters.length;
  for (let at = 0; at < bytes.length; ) {
    const hostBytes = bytes.readUInt16BE(at);
    const host = bytes.toString('utf8', at + 2, at + 2 + hostBytes);
    const endMs = Number(bytes.readBigInt64BE(at + 2 + hostBytes));
    const cells = at + 10 + hostBytes;
    const double = (column: number, counter: number) =>
      bytes.readDoubleBE(cells + count * 4 + (column * count + counter) * 8);
    const cell = (counter: number): PeerCell => ({
      count: bytes.readInt32BE(cells + counter * 4),
      sum: double(0, counter),
      min: double(1, counter),
      max: double(2, counter),
    });
    yield { host, endMs, cell };
    at = cells + count * 28;
  }
}
