import { columnsOf } from '../columns.ts';
import { type LoggedValue, type RowKind, recordColumns } from './row-kind.ts';

/** A record of a dead-letter topic: the original bytes, and in its headers why and where from. */
export interface RejectedRecord {
  readonly value: Buffer | null;
  header(name: string): string;
}

const headBytesMax = 64;

/** What was rejected, why, and where its bytes lie: the record itself stays in the dead-letter topic. */
export const rejectedRecords: RowKind<LoggedValue<RejectedRecord>> = {
  table: 'rejected_records',
  columns: columnsOf({
    time: "DateTime64(3, 'UTC')",
    topic: 'LowCardinality(String)',
    partition: 'UInt32',
    offset: 'UInt64',
    record_key: 'String',
    stage: 'LowCardinality(String)',
    reason: 'LowCardinality(String)',
    message: 'String',
    value_bytes: 'UInt32',
    value_head: 'String',
    ...recordColumns,
  }),
  append(rows, { value: rejected, key, offset, appendTimeMs }, { src, epoch }) {
    const header = (name: string): string => rejected.header(`__connect.errors.${name}`);
    rows
      .milliseconds(appendTimeMs)
      .text(header('topic'))
      .integer(wholeOrZero(header('partition')))
      .integer(wholeOrZero(header('offset')))
      .text(key)
      // Kafka Connect's word for who worked on it; its "stage" is a step of a connector.
      .text(header('connector.name'))
      .text(header('exception.class.name'))
      .text(header('exception.message'))
      .integer(rejected.value?.length ?? 0)
      .text(rejected.value?.subarray(0, headBytesMax).toString('hex') ?? '')
      .text(src)
      .integer(epoch)
      .integer(offset)
      .endRow();
  },
};

/** Anybody may write to a dead-letter topic: a header that is no number must not stop the sink. */
const wholeOrZero = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : 0);
