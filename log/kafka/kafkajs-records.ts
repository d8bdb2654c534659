import { ByteSpans } from '../../base/byte-list.ts';
import type { RecordHeaders } from '../port.ts';
import type { FetchedRecords, ProducerBatch } from './fetched-records.ts';
import { isAbortMarker } from './hide-aborted.ts';

/** A record as kafkajs's own decoder makes it; without a batch where it is of an older format. */
export interface KafkajsRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, KafkajsHeader | readonly KafkajsHeader[] | undefined>>;
  readonly isControlRecord?: boolean;
  readonly batchContext?: {
    readonly producerId: string;
    readonly inTransaction: boolean;
    readonly firstOffset: string;
    readonly lastOffsetDelta: number;
  };
}

type KafkajsHeader = Buffer | string | null;

/** Records that kafkajs decoded, in columns. */
export function columnsOf(records: readonly KafkajsRecord[]): FetchedRecords {
  return {
    count: records.length,
    offsets: Float64Array.from(records, ({ offset }) => Number(offset)),
    timesMs: Float64Array.from(records, ({ timestamp }) => Number(timestamp)),
    keys: ByteSpans.of(records.map(({ key }) => key)),
    values: ByteSpans.of(records.map(({ value }) => value)),
    headers: records.map(headersOf),
    batches: batchesOf(records),
  };
}

function batchesOf(records: readonly KafkajsRecord[]): ProducerBatch[] {
  const batches: ProducerBatch[] = [];
  for (let from = 0; from < records.length; ) {
    const first = records[from]!;
    const context = first.batchContext;
    let to = from + 1;
    while (context !== undefined && records[to]?.batchContext === context) to++;
    const isControl = first.isControlRecord === true;
    batches.push({
      from,
      to,
      lastOffset:
        context === undefined ? Number(first.offset) : Number(context.firstOffset) + Number(context.lastOffsetDelta),
      producerId: Number(context?.producerId ?? -1),
      inTransaction: context?.inTransaction ?? false,
      isControl,
      isAbort: isControl && isAbortMarker(first.key ?? undefined),
    });
    from = to;
  }
  return batches;
}

/** Most records have none. Of a header that is there twice the last value counts. */
function headersOf({ headers }: KafkajsRecord): RecordHeaders | undefined {
  let found: Record<string, Buffer> | undefined;
  for (const [name, value] of Object.entries(headers ?? {})) {
    const last = isList(value) ? value.at(-1) : value;
    if (last === undefined || last === null) continue;
    found ??= {};
    found[name] = typeof last === 'string' ? Buffer.from(last) : last;
  }
  return found;
}

const isList = (value: KafkajsHeader | readonly KafkajsHeader[] | undefined): value is readonly KafkajsHeader[] =>
  Array.isArray(value);
