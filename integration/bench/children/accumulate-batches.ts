import avro from 'avsc';
import { createCounterDecoder } from '../../../native/counter-decoder.ts';
import { aggregationPlan } from '../../../operators/window/aggregation-plan.ts';
import { CounterWindow } from '../../../operators/window/counter-window.ts';
import { counters } from '../../../schemas/counters.ts';
import { hostCountersSchema } from '../../../schemas/host-counters.ts';
import { CounterRecords } from '../world/counter-records.ts';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** `ours` decodes and adds up, host by host, in windows of 10 s; `avsc` decodes the same bytes and does no more. */
interface Options {
  readonly by: 'ours' | 'avsc';
  readonly records: number;
}

const schemaId = 1;
const hosts = 5_000;
const batchRecords = 1_000;
const windowMs = 10_000;
const startMs = 1_700_000_000_000;
const seconds = 2;
const schemaJson = hostCountersSchema();
const options = childOptions<Options>();

const batches = batchesOf();
const take = options.by === 'ours' ? oursOf() : avscOf();
const meter = new Meter(options.records / 4);
for (let count = 0, turn = 0; count < options.records; turn++) {
  take(batches[turn % batches.length]!);
  count += batchRecords;
  meter.done(count);
}
answerAndExit(meter.measured({ hosts, counters: counters.length }));

/** Two seconds of every host; as kafkajs hands a batch over, all values are views on one buffer. */
function batchesOf(): Buffer[][] {
  const records = new CounterRecords({ hosts, schemaId });
  return Array.from({ length: (hosts * seconds) / batchRecords }, (_, batch) => {
    const values = Array.from({ length: batchRecords }, (_, i) => {
      const at = batch * batchRecords + i;
      return records.value(at % hosts, startMs + (1 + Math.floor(at / hosts)) * 1_000, at);
    });
    const whole = Buffer.concat(values);
    let end = 0;
    return values.map(({ length }) => {
      end += length;
      return whole.subarray(end - length, end);
    });
  });
}

/** Each turn through the batches is the next two seconds of the window; after five turns a window is full. */
function oursOf(): (batch: Buffer[]) => void {
  const decoder = createCounterDecoder();
  decoder.addSchema(schemaId, schemaJson);
  const window = new CounterWindow(aggregationPlan(counters));
  let turn = 0;
  return (batch) => {
    const columns = decoder.decode(batch);
    if (turn % (batches.length * 5) === 0) window.open(startMs + windowMs, 0);
    const passed = Math.floor(turn++ / batches.length) % 5;
    for (let record = 0; record < columns.count; record++) {
      const second = (columns.timesMs[record]! - startMs) / 1_000 - 1 + passed * seconds;
      if (!window.add(record, columns.hosts[record]!, second)) throw new Error(`second ${second} is there twice`);
    }
    window.flush(columns);
  };
}

function avscOf(): (batch: Buffer[]) => void {
  const type = avro.Type.forSchema(JSON.parse(schemaJson));
  const prefixBytes = 5;
  return (batch) => {
    for (const value of batch) type.fromBuffer(value.subarray(prefixBytes));
  };
}
