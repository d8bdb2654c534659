import type { Log } from '../../log/port.ts';
import { counters } from '../../schemas/counters.ts';
import type { Expected, OracleRecord } from '../oracle/expected-windows.ts';
import { expectedWindows } from '../oracle/expected-windows.ts';

export interface PartitionTruth {
  readonly partition: number;
  readonly records: readonly OracleRecord[];
  readonly expected: Expected;
}

export interface TruthOptions {
  readonly log: Log;
  readonly schemas: ReadonlyMap<number, string>;
  readonly metrics: readonly string[];
}

const inputTopic = 'dyno.counters.v1';

/** The input topic as it stands in the log, and what plain loops make of it. */
export async function truthOf(options: TruthOptions): Promise<readonly PartitionTruth[]> {
  const truths: PartitionTruth[] = [];
  for await (const truth of truthsOf(options)) truths.push(truth);
  return truths;
}

/** The same, one partition after the other: for logs that do not fit into memory at once. */
export async function* truthsOf({ log, schemas, metrics }: TruthOptions): AsyncGenerator<PartitionTruth> {
  const partitions = (await log.topicState(inputTopic)).endOffsets.length;
  for (let partition = 0; partition < partitions; partition++) {
    const records = await recordsOf(log, partition);
    yield { partition, records, expected: expectedWindows(records, { schemas, catalogue: counters, metrics }) };
  }
}

async function recordsOf(log: Log, partition: number): Promise<OracleRecord[]> {
  const records: OracleRecord[] = [];
  for await (const batch of log.read({ topic: inputTopic, partition })) {
    for (let i = 0; i < batch.count; i++) {
      records.push({
        offset: batch.offsets[i]!,
        appendMs: batch.appendTimesMs[i]!,
        value: batch.values.at(i) ?? null,
        headers: batch.headers[i],
      });
    }
  }
  return records;
}

/** Writer schemas from the registry's own topic, so that nothing of the program under test decodes them. */
export async function schemasIn(log: Log): Promise<Map<number, string>> {
  const schemas = new Map<number, string>();
  for await (const batch of log.read({ topic: '_schemas', partition: 0 })) {
    for (const value of batch.values) {
      if (value === null) continue;
      const record = JSON.parse(value.toString()) as { id?: number; schema?: string };
      if (typeof record.id === 'number' && typeof record.schema === 'string') schemas.set(record.id, record.schema);
    }
  }
  return schemas;
}
