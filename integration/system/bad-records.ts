import avro from 'avsc';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import { counterIndex, counters } from '../../schemas/counters.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';
import { withSchemaId } from '../../schemas/wire-format.ts';
import { partitions } from './on-kafka.ts';

/** A host that no inventory knows: it must be found under the tier `unassigned`. */
export const strayHost = 'stray1.example';
/** Its partition gets the bad records too: their neighbours must not suffer. */
export const strayBusy = 0.25;
export const unknownSchemaId = 99_999;

export interface BadRecord {
  readonly says: string;
  /** What `rejected_records` must say; undefined = not rejected. */
  readonly reason: RegExp | undefined;
  readonly value: Buffer;
}

export interface Produced {
  readonly windowEndMs: number;
  readonly bad: readonly BadRecord[];
}

const type = avro.Type.forSchema(JSON.parse(hostCountersSchema()) as avro.Schema);

interface Sample {
  readonly schemaId: number;
  readonly timeMs: number;
  readonly busy?: number;
  readonly load?: number;
}

/** A record in avsc's own words: NaN goes onto the wire as NaN. */
function recordOf({ schemaId, timeMs, busy = strayBusy, load = 1 }: Sample): Buffer {
  const record = {
    host: strayHost,
    time_ms: timeMs,
    interval_ms: 1_000,
    sequence: timeMs / 1_000,
    ...Object.fromEntries(counters.map(({ name }) => [name, null])),
    cpu_busy_ratio: busy,
    load1: load,
    app: {},
  };
  return withSchemaId(schemaId, type.toBuffer(record));
}

/**
 * Ten good seconds of a host without a placement, and among them one of each kind of trouble. The window is the one
 * that has just ended: it closes 16 s later.
 */
export async function produceBadRecords(log: Log, schemaId: number, nowMs: number): Promise<Produced> {
  if (!counterIndex.has('load1')) throw new Error('the catalogue has no load1 any more');
  const windowEndMs = Math.floor(nowMs / 10_000) * 10_000;
  const good = Array.from({ length: 10 }, (_, i) => {
    const timeMs = windowEndMs - 9_000 + i * 1_000;
    return recordOf({ schemaId, timeMs, ...(i === 4 && { load: Number.NaN }) });
  });
  const whole = recordOf({ schemaId, timeMs: windowEndMs, busy: 1 });
  const badMagic = Buffer.from(whole);
  badMagic[0] = 1;
  const bad: BadRecord[] = [
    { says: 'a truncated record', reason: /truncated|malformed|undecodable/, value: whole.subarray(0, -3) },
    { says: 'wrong magic', reason: /magic/, value: badMagic },
    {
      says: 'an unknown schema id',
      reason: /schema/,
      value: recordOf({ schemaId: unknownSchemaId, timeMs: windowEndMs, busy: 1 }),
    },
    {
      says: 'a clock an hour ahead',
      reason: /skewed/,
      value: recordOf({ schemaId, timeMs: windowEndMs + 3_600_000, busy: 1 }),
    },
    { says: 'a late one', reason: /late/, value: recordOf({ schemaId, timeMs: windowEndMs - 120_000, busy: 1 }) },
    { says: 'a duplicate', reason: undefined, value: recordOf({ schemaId, timeMs: windowEndMs - 3_000, busy: 1 }) },
  ];
  const producer = await log.producer();
  const partition = partitionOf(strayHost, partitions);
  const values = [...good, ...bad.map(({ value }) => value)];
  await producer.send(
    values.map((value) => ({ topic: 'dyno.counters.v1', partition, key: Buffer.from(strayHost), value })),
  );
  await producer.close();
  return { windowEndMs, bad };
}
