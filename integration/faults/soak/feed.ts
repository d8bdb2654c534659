import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { openKafkaLog } from '../../../log/kafka/open-kafka-log.ts';
import { partitionOf } from '../../../log/partitioner.ts';
import type { Trouble } from './fault-plan.ts';
import { type HostRecord, TroubledFleet } from './troubled-fleet.ts';

/**
 * The fleet of the soak as a process of its own: one record a host and second, in real time, until its stdin ends.
 * `{"trouble":…,"forMs":…}` on a line begins a trouble. At the end it says what it did.
 */
export interface FeedOptions {
  readonly bootstrap: string;
  readonly partitions: number;
  readonly schemaId: number;
  readonly hosts: number;
  readonly seed: number;
}

export interface BeginTrouble {
  readonly trouble: Trouble;
  readonly forMs: number;
}

export interface FeedCounts {
  readonly lastMs: number;
  readonly hostsSeen: number;
  readonly sendsRepeated: number;
  readonly counts: Readonly<Record<string, number>>;
}

const topic = 'dyno.counters.v1';
const partsASecond = 5;
const retryMs = 500;

setPriority(10);
const options = JSON.parse(process.argv[2] ?? '') as FeedOptions;
const { bootstrap, partitions } = options;
const fleet = new TroubledFleet(options);
const log = await openKafkaLog({ brokers: [bootstrap], clientId: 'soak-feed', replicationFactor: 1 });
const producer = await log.producer();
let running = true;
let sendsRepeated = 0;

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const { trouble, forMs } = JSON.parse(line) as BeginTrouble;
  fleet.begin(trouble, Date.now() + forMs);
});
input.on('close', () => {
  running = false;
});

/** What the log does not acknowledge is sent again, as agents do it; while the broker is away seconds wait their turn. */
async function send(records: readonly HostRecord[]): Promise<void> {
  const placed = records.map((record) => ({ topic, partition: partitionOf(record.key, partitions), ...record }));
  while (placed.length > 0) {
    try {
      return await producer.send(placed);
    } catch {
      sendsRepeated++;
      await wait(retryMs);
    }
  }
}

let timeMs = Math.ceil(Date.now() / 1_000) * 1_000;
for (; running; timeMs += 1_000) {
  const records = fleet.second(timeMs);
  const partSize = Math.ceil(records.length / partsASecond);
  for (let part = 0; part < partsASecond; part++) {
    await wait(Math.max(0, timeMs + (part * 1_000) / (partsASecond + 1) - Date.now()));
    await send(records.slice(part * partSize, (part + 1) * partSize));
  }
}
await send(fleet.rest());
await log.close();
const said: FeedCounts = { lastMs: timeMs, hostsSeen: fleet.hostsSeen, sendsRepeated, counts: fleet.counts };
process.stdout.write(`${JSON.stringify(said)}\n`);
