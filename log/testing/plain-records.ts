import type { Log, ProduceRecord, RecordBatch, TopicPartition } from '../port.ts';

/** A record as tests like to see it: text instead of buffers. */
export interface PlainRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Text to a record for `send`. */
export function record(at: TopicPartition, key: string | null, value: string | null): ProduceRecord {
  return {
    topic: at.topic,
    partition: at.partition,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  };
}

/** The records of a batch as text. */
export function plain(batch: RecordBatch): PlainRecord[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const headers = batch.headers[i];
    return {
      offset: batch.offsets[i]!,
      key: batch.keys.at(i)?.toString() ?? null,
      value: batch.values.at(i)?.toString() ?? null,
      ...(headers === undefined || Object.keys(headers).length === 0 ? {} : { headers: plainHeaders(headers) }),
    };
  });
}

const plainHeaders = (headers: Readonly<Record<string, Buffer>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString()]));

/** Every batch from `fromOffset` to the end as it is now. */
export async function readBatches(log: Log, at: TopicPartition, fromOffset?: number): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for await (const batch of log.read(at, fromOffset)) batches.push(batch);
  return batches;
}

/** Every record of the partition as it is now, as text. */
export const readPlain = async (log: Log, at: TopicPartition, fromOffset?: number): Promise<PlainRecord[]> =>
  (await readBatches(log, at, fromOffset)).flatMap(plain);

/**
 * Reads until a record with value `last` has come, and answers all values up to and with it. A broker may show a
 * transaction some milliseconds after its commit: the reading starts again until then; the test's own time-out bounds it.
 */
export async function valuesUntil(log: Log, at: TopicPartition, last: string): Promise<(string | null)[]> {
  for (;;) {
    const values = (await readPlain(log, at)).map((each) => each.value);
    const end = values.indexOf(last);
    if (end >= 0) return values.slice(0, end + 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
