import { Kafka, logLevel } from 'kafkajs';
import { answerAndExit, childOptions, Meter } from './meter.ts';

/** The baseline: kafkajs reads the topic with the fetch sizes of our adapter, counts records, does nothing else. */
interface Options {
  readonly bootstrap: string;
  readonly topic: string;
  readonly group: string;
  readonly records: number;
  readonly warmRecords: number;
  readonly partitions: number;
}

const options = childOptions<Options>();
const kafka = new Kafka({ brokers: [options.bootstrap], clientId: 'bench-bare', logLevel: logLevel.ERROR });
const consumer = kafka.consumer({
  groupId: options.group,
  maxBytesPerPartition: 1_048_576,
  maxBytes: 16_777_216,
  maxWaitTimeInMs: 100,
});
await consumer.connect();
await consumer.subscribe({ topics: [options.topic], fromBeginning: true });
const meter = new Meter(options.warmRecords);
let count = 0;
await consumer.run({
  autoCommit: false,
  partitionsConsumedConcurrently: options.partitions,
  eachBatch: async ({ batch }) => {
    count += batch.messages.length;
    meter.done(count);
    if (count >= options.records) answerAndExit(meter.measured());
  },
});
