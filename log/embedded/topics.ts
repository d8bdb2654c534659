import { DynoError } from '../../base/errors.ts';
import type { Cleanup, TopicPartition, TopicSettings } from '../port.ts';
import { blockAppendTimeMs, blockEnd } from './block.ts';
import type { Disk } from './disk.ts';
import { blockRange, headKey, topicKey, topicRange } from './keys.ts';

/** One partition as it is known in memory. */
export interface Partition {
  readonly topic: Topic;
  readonly number: number;
  startOffset: number;
  /** Where the next record goes. */
  endOffset: number;
  lastAppendTimeMs: number;
  /** The first block kept; `undefined` = not looked at since it changed. */
  oldest: { readonly timeMs: number; readonly bytes: number } | undefined;
  /** Records appended since the last compaction. */
  dirtyCount: number;
  /** Woken after each append. */
  readonly wakers: Set<() => void>;
}

export interface Topic {
  readonly id: number;
  readonly settings: TopicSettings;
  readonly partitions: readonly Partition[];
}

/** Where a partition starts and ends when its blocks cannot tell, because they were trimmed or compacted away. */
interface Head {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly lastAppendTimeMs: number;
}

const topicsMax = 10_000;

/** The topics of the log: settings on the disk, positions in memory. */
export class Topics {
  readonly #disk: Disk;
  readonly #byName = new Map<string, Topic>();

  constructor(disk: Disk) {
    this.#disk = disk;
    for (const { key, value } of disk.range(topicRange(), topicsMax)) {
      const settings = JSON.parse(value.toString()) as TopicSettings;
      this.#byName.set(settings.name, this.#opened(key.readUInt32BE(1), settings));
    }
  }

  all(): readonly Topic[] {
    return [...this.#byName.values()];
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  create(wanted: readonly TopicSettings[]): void {
    const missing = wanted.filter((each, i) => {
      const first = wanted.findIndex((other) => other.name === each.name) === i;
      return first && !this.#byName.has(each.name);
    });
    if (missing.length === 0) return;
    const nextId = this.all().reduce((most, { id }) => Math.max(most, id + 1), 1);
    const created = missing.map(({ name, partitions, cleanup, retentionMs }, i) =>
      this.#opened(nextId + i, { name, partitions, cleanup, retentionMs }),
    );
    this.#disk.write((tree) => {
      for (const { id, settings } of created) tree.put(topicKey(id), Buffer.from(JSON.stringify(settings)));
    });
    for (const topic of created) this.#byName.set(topic.settings.name, topic);
  }

  partition({ topic, partition }: TopicPartition): Partition {
    const found = this.#byName.get(topic)?.partitions[partition];
    if (found !== undefined) return found;
    const known = this.#byName.get(topic);
    throw new DynoError(
      'DYNO_LOG_TOPIC_UNKNOWN',
      known === undefined
        ? `topic ${topic} is not in the embedded log; create it with "dynoscope topics apply"`
        : `topic ${topic} has partitions 0 to ${known.partitions.length - 1}, not ${partition}`,
      { details: { topic, partition } },
    );
  }

  #opened(id: number, settings: TopicSettings): Topic {
    const partitions: Partition[] = [];
    const topic: Topic = { id, settings, partitions };
    for (let number = 0; number < settings.partitions; number += 1) partitions.push(this.#partition(topic, number));
    return topic;
  }

  #partition(topic: Topic, number: number): Partition {
    const range = blockRange(topic.id, number, 0);
    const head = this.#disk.get(headKey(topic.id, number));
    const { startOffset, endOffset, lastAppendTimeMs } = head === undefined ? emptyHead : decodeHead(head);
    const last = this.#disk.last(range)?.value;
    return {
      topic,
      number,
      startOffset,
      endOffset: Math.max(endOffset, last === undefined ? 0 : blockEnd(last).lastOffset + 1),
      lastAppendTimeMs: Math.max(lastAppendTimeMs, last === undefined ? 0 : blockAppendTimeMs(last)),
      oldest: undefined,
      dirtyCount: 0,
      wakers: new Set(),
    };
  }
}

export const compacts = (cleanup: Cleanup): boolean => cleanup !== 'delete';
export const deletes = (cleanup: Cleanup): boolean => cleanup !== 'compact';

const emptyHead: Head = { startOffset: 0, endOffset: 0, lastAppendTimeMs: 0 };

/** To be written with whatever removes blocks: the end must outlive the last of them. */
export function encodeHead(head: Head): Buffer {
  const bytes = Buffer.allocUnsafe(24);
  bytes.writeDoubleLE(head.startOffset, 0);
  bytes.writeDoubleLE(head.endOffset, 8);
  bytes.writeDoubleLE(head.lastAppendTimeMs, 16);
  return bytes;
}

const decodeHead = (bytes: Buffer): Head => ({
  startOffset: bytes.readDoubleLE(0),
  endOffset: bytes.readDoubleLE(8),
  lastAppendTimeMs: bytes.readDoubleLE(16),
});

/** One sentence for each difference. */
export function differences(wanted: TopicSettings, found: TopicSettings | undefined): string[] {
  const { name } = wanted;
  if (found === undefined) return [`topic ${name} is missing: create it with "dynoscope topics apply".`];
  const said: string[] = [];
  const differs = (what: string, is: unknown, should: unknown) =>
    said.push(`topic ${name} has ${what} ${is}, wanted is ${should}.`);
  if (found.partitions !== wanted.partitions) differs('partition count', found.partitions, wanted.partitions);
  if (found.cleanup !== wanted.cleanup) differs('cleanup', found.cleanup, wanted.cleanup);
  if (found.retentionMs !== wanted.retentionMs) differs('retention in ms', found.retentionMs, wanted.retentionMs);
  return said;
}
