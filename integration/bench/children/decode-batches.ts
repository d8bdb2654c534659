import avro from 'avsc';
import { createCounterDecoder } from '../../../native/counter-decoder.ts';
import { counters } from '../../../schemas/counters.ts';
import { hostCountersSchema } from '../../../schemas/host-counters.ts';
import { encodeHostCounters } from '../../../schemas/host-counters-codec.ts';
import { hostName } from '../world/counter-records.ts';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** Decodes the same bytes again and again: `ours` by the decoder of the windows stage, `avsc` record by record. */
interface Options {
  readonly by: 'ours' | 'avsc';
  readonly records: number;
}

const schemaId = 1;
const batchRecords = 1_000;
const distinctBatches = 8;
const columnCount = 120;
const catalogue = counters.slice(0, columnCount);
const schemaJson = hostCountersSchema(catalogue);
const options = childOptions<Options>();

const batches = Array.from({ length: distinctBatches }, (_, batch) =>
  asFetched(Array.from({ length: batchRecords }, (_, record) => recordValue(batch * batchRecords + record))),
);
const decode = options.by === 'ours' ? oursOf() : avscOf();
const meter = new Meter(options.records / 4);
for (let count = 0, turn = 0; count < options.records; turn++) {
  decode(batches[turn % distinctBatches]!);
  count += batchRecords;
  meter.done(count);
}
answerAndExit(meter.measured());

function recordValue(record: number): Buffer {
  const values = Float64Array.from({ length: columnCount }, (_, i) => (record + 1) * (i + 0.5));
  return encodeHostCounters(
    { host: hostName(record), timeMs: 1_700_000_000_000, intervalMs: 1_000, sequence: record, values },
    schemaId,
  );
}

/** As kafkajs hands a batch over: all values are views on one buffer. */
function asFetched(values: readonly Buffer[]): Buffer[] {
  const whole = Buffer.concat(values);
  let at = 0;
  return values.map(({ length }) => {
    at += length;
    return whole.subarray(at - length, at);
  });
}

function oursOf(): (batch: Buffer[]) => void {
  const decoder = createCounterDecoder({ counterIndex: new Map(catalogue.map(({ name }, i) => [name, i])) });
  decoder.addSchema(schemaId, schemaJson);
  return (batch) => {
    const { failures } = decoder.decode(batch);
    if (failures.size > 0) throw new Error(`${failures.size} records were not decoded`);
  };
}

function avscOf(): (batch: Buffer[]) => void {
  const type = avro.Type.forSchema(JSON.parse(schemaJson));
  const prefixBytes = 5;
  return (batch) => {
    for (const value of batch) type.fromBuffer(value.subarray(prefixBytes));
  };
}
