import { DynoError } from '../../base/errors.ts';
import type { ProduceRecord } from '../port.ts';
import type { Message, TopicMessages } from './kafkajs.ts';

/** kafkajs makes one record batch a partition and request; the broker takes 1,048,588 bytes a batch by default. */
const batchBytesMax = 900_000;
const requestBytesMax = 8_000_000;
/** Length, attributes, deltas and lengths of one record, at most. */
const recordOverheadBytes = 32;

/** The records as requests that the broker takes: in order within each partition, no batch above the limit. */
export function sendChunks(records: readonly ProduceRecord[]): TopicMessages[][] {
  const chunks: TopicMessages[][] = [];
  let chunk = new Map<string, Message[]>();
  let requestBytes = 0;
  let batchBytes = new Map<string, number>();
  const cut = () => {
    if (chunk.size > 0) chunks.push([...chunk].map(([topic, messages]) => ({ topic, messages })));
    chunk = new Map();
    batchBytes = new Map();
    requestBytes = 0;
  };
  for (const record of records) {
    const bytes = sizeOf(record);
    const batch = `${record.topic} ${record.partition}`;
    if (requestBytes + bytes > requestBytesMax || (batchBytes.get(batch) ?? 0) + bytes > batchBytesMax) cut();
    requestBytes += bytes;
    batchBytes.set(batch, (batchBytes.get(batch) ?? 0) + bytes);
    const messages = chunk.get(record.topic) ?? [];
    messages.push(messageOf(record));
    chunk.set(record.topic, messages);
  }
  cut();
  return chunks;
}

function messageOf({ partition, key, value, headers }: ProduceRecord): Message {
  return { partition, key, value, ...(headers === undefined ? {} : { headers: { ...headers } }) };
}

function sizeOf(record: ProduceRecord): number {
  let bytes = recordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers ?? {})) bytes += name.length * 3 + value.length + 10;
  if (bytes <= batchBytesMax) return bytes;
  throw new DynoError(
    'DYNO_LOG_RECORD_TOO_LARGE',
    `a record of ${bytes} bytes for ${record.topic}[${record.partition}] does not fit a batch of ${batchBytesMax} bytes; cut it in parts`,
    { details: { topic: record.topic, partition: record.partition, bytes } },
  );
}
