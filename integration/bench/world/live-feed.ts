import { partitionOf } from '../../../log/partitioner.ts';
import type { Log } from '../../../log/port.ts';
import { CounterRecords, hostName } from './counter-records.ts';

export interface LiveFeedOptions {
  readonly log: Log;
  readonly hosts: number;
  readonly partitions: number;
  readonly schemaId: number;
}

const topic = 'dyno.counters.v1';
/** A second of the fleet goes out in so many parts, as agents are spread over it. */
const partsASecond = 5;

/** A fleet that writes one record a host and second, in real time, until it is stopped. */
export async function startLiveFeed({
  log,
  hosts,
  partitions,
  schemaId,
}: LiveFeedOptions): Promise<() => Promise<void>> {
  const records = new CounterRecords({ hosts, schemaId });
  const producer = await log.producer();
  const places = Array.from({ length: hosts }, (_, host) => {
    const key = Buffer.from(hostName(host));
    return { host, key, partition: partitionOf(key, partitions) };
  });
  let running = true;
  const feed = (async () => {
    for (let part = 0; running; part++) {
      const startMs = performance.now();
      const timeMs = Math.floor(Date.now() / 1_000) * 1_000;
      const sequence = Math.floor(part / partsASecond);
      const some = places.filter(({ host }) => host % partsASecond === part % partsASecond);
      await producer.send(
        some.map(({ host, key, partition }) => ({
          topic,
          partition,
          key,
          value: records.value(host, timeMs, sequence),
        })),
      );
      const restMs = 1_000 / partsASecond - (performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, restMs)));
    }
  })();
  return async () => {
    running = false;
    await feed;
    await producer.close();
  };
}
