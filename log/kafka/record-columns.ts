import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { RecordBatch, RecordHeaders, TopicPartition } from '../port.ts';

export interface FetchedRecords extends TopicPartition {
  readonly messages: readonly KafkaMessage[];
  readonly nextOffset: number;
  readonly endOffset: number;
}

/** One object a record, as kafkajs answers, turned into the columns of the port. */
export function recordColumns({ topic, partition, messages, nextOffset, endOffset }: FetchedRecords): RecordBatch {
  const count = messages.length;
  const offsets = new Float64Array(count);
  const appendTimesMs = new Float64Array(count);
  const keys = new Array<Buffer | null>(count);
  const values = new Array<Buffer | null>(count);
  const headers = new Array<RecordHeaders | undefined>(count);
  for (let i = 0; i < count; i++) {
    const message = messages[i]!;
    offsets[i] = Number(message.offset);
    appendTimesMs[i] = Number(message.timestamp);
    keys[i] = message.key;
    values[i] = message.value;
    headers[i] = message.headers === undefined ? undefined : headersOf(message.headers);
  }
  return { topic, partition, count, offsets, appendTimesMs, keys, values, headers, nextOffset, endOffset };
}

/** Most records have none. Of a header that is there twice the last value counts. */
function headersOf(headers: IHeaders): RecordHeaders | undefined {
  let found: Record<string, Buffer> | undefined;
  for (const name in headers) {
    const value = headers[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last === undefined) continue;
    found ??= {};
    found[name] = typeof last === 'string' ? Buffer.from(last) : last;
  }
  return found;
}
