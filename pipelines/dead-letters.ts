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

/** The record with its original bytes and Kafka Connect's headers: where it came from and why it is here. */
export function deadLetter({ stage, batch, record, reason, message }: DeadLetter, partitions: number): ProduceOutput {
  const original = batch.headers[record] ?? {};
  return {
    kind: 'produce',
    topic: deadLetterTopic(batch.topic),
    partition: batch.partition % partitions,
    key: batch.keys.at(record) ?? null,
    value: batch.values.at(record) ?? null,
    headers: {
      ...original,
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
