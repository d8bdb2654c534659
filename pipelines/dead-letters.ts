import type { RecordBatch, RecordHeaders } from '../log/port.ts';
import type { ProduceOutput } from './runtime/stage.ts';

export interface DeadLetter {
  readonly stage: string;
  readonly batch: RecordBatch;
  /** Index of the record in the batch. */
  readonly record: number;
  /** One word, and a sentence. */
  readonly reason: string;
  readonly message: string;
}

/** The topic that takes what a stage could not use. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** The record with a copy of its bytes and Kafka Connect's headers: where it came from and why it is here. */
export function deadLetter({ stage, batch, record, reason, message }: DeadLetter, partitions: number): ProduceOutput {
  return {
    kind: 'produce',
    topic: deadLetterTopic(batch.topic),
    partition: batch.partition % partitions,
    key: copyOf(batch.keys.at(record)),
    value: copyOf(batch.values.at(record)),
    headers: {
      ...copied(batch.headers[record] ?? {}),
      ...headers({
        topic: batch.topic,
        partition: String(batch.partition),
        offset: String(batch.offsets[record]),
        'connector.name': stage,
        'task.id': String(batch.partition),
        stage: 'VALUE_CONVERTER',
        'class.name': 'dynoscope.stages',
        'exception.class.name': reason,
        'exception.message': message,
      }),
    },
  };
}

const headers = (values: Readonly<Record<string, string>>): RecordHeaders =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`__connect.errors.${name}`, Buffer.from(value)]));

/** The batch's own memory may be used again before the dead letter is sent. */
const copyOf = (bytes: Buffer | null | undefined): Buffer | null =>
  bytes === null || bytes === undefined ? null : Buffer.from(bytes);

const copied = (original: RecordHeaders): RecordHeaders =>
  Object.fromEntries(Object.entries(original).map(([name, value]) => [name, Buffer.from(value)]));
