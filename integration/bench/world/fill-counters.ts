import { Random } from '../../../base/testing/random.ts';
import { Kafka, logLevel, type Message, Partitioners } from '../../../log/kafka/kafkajs.ts';
import { partitionOf } from '../../../log/partitioner.ts';
import type { Log } from '../../../log/port.ts';
import { CounterRecords, hostName } from './counter-records.ts';

const topic = 'dyno.counters.v1';
const inFlight = 5;

export interface FillOptions {
  readonly hosts: number;
  readonly seconds: number;
  readonly partitions: number;
  readonly schemaId: number;
  /** Event time of the first second; so far back that no partition counts as live and nobody ticks it. */
  readonly startMs: number;
}

export interface Filled {
  readonly records: number;
  readonly valueBytes: number;
}

/** A whole second, long enough ago that the topic stays as it is filled. */
export const pastMs = (seconds: number): number => Math.floor(Date.now() / 1_000 - 600 - seconds) * 1_000;

/** Fills the topic of counters, `recordsASend` at a time, second after second. */
export async function fillInBatches(log: Log, options: FillOptions, recordsASend: number): Promise<Filled> {
  const producer = await log.producer();
  let valueBytes = 0;
  for (const second of secondsOf(options)) {
    for (let from = 0; from < second.length; from += recordsASend) {
      const records = second.slice(from, from + recordsASend).map((record) => ({ topic, ...record }));
      for (const { value } of records) valueBytes += value.length;
      await producer.send(records);
    }
  }
  await producer.close();
  return { records: options.hosts * options.seconds, valueBytes };
}

/** Fills it as agents write: each record is a producer batch of its own. */
export async function fillOneByOne(bootstrap: string, options: FillOptions): Promise<Filled> {
  const kafka = new Kafka({ brokers: [bootstrap], clientId: 'bench-fill', logLevel: logLevel.ERROR });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    maxInFlightRequests: inFlight,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  let valueBytes = 0;
  let sent: Promise<unknown>[] = [];
  for (const second of secondsOf(options)) {
    const queues = Array.from({ length: options.partitions }, (_, n) =>
      second.filter(({ partition }) => partition === n),
    );
    const rounds = Math.max(...queues.map((queue) => queue.length));
    for (let round = 0; round < rounds; round++) {
      const messages: Message[] = queues.flatMap((queue) => queue[round] ?? []);
      for (const { value } of messages) valueBytes += value!.length;
      // One request holds one record of each partition; a batch never spans two requests.
      sent.push(producer.send({ topic, acks: 1, messages }));
      if (sent.length < inFlight) continue;
      await Promise.all(sent);
      sent = [];
    }
  }
  await Promise.all(sent);
  await producer.disconnect();
  return { records: options.hosts * options.seconds, valueBytes };
}

interface CounterRecord {
  readonly partition: number;
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Within a second hosts come in any order, another one each time. */
function* secondsOf({ hosts, seconds, partitions, schemaId, startMs }: FillOptions): Generator<CounterRecord[]> {
  const records = new CounterRecords({ hosts, schemaId });
  const keys = Array.from({ length: hosts }, (_, host) => Buffer.from(hostName(host)));
  const partitionOfHost = keys.map((key) => partitionOf(key, partitions));
  const order = keys.map((_, host) => host);
  const random = new Random(7);
  for (let second = 0; second < seconds; second++) {
    shuffle(order, random);
    yield order.map((host) => ({
      partition: partitionOfHost[host]!,
      key: keys[host]!,
      value: records.value(host, startMs + second * 1_000, second),
    }));
  }
}

function shuffle(items: number[], random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.between(0, last);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
}
