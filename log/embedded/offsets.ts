import { DynoError } from '../../base/errors.ts';
import type { GroupOffset, TopicPartition } from '../port.ts';
import type { Disk } from './disk.ts';
import { offsetKey } from './keys.ts';
import type { Topics } from './topics.ts';

/** Kafka's default for `offset.metadata.max.bytes` is 4,096. */
const metadataBytesMax = 4_000;

/** Offset f64, then the metadata as UTF-8. */
export function encodeOffset({ topic, partition, offset, metadata }: GroupOffset): Buffer {
  const text = Buffer.from(metadata);
  if (text.length > metadataBytesMax) {
    throw new DynoError(
      'DYNO_LOG_METADATA_TOO_LARGE',
      `commit metadata of ${text.length} bytes for ${topic}[${partition}] is larger than ${metadataBytesMax} bytes; ` +
        'keep large state in a state topic',
      { details: { topic, partition, bytes: text.length } },
    );
  }
  const bytes = Buffer.allocUnsafe(8 + text.length);
  bytes.writeDoubleLE(offset, 0);
  text.copy(bytes, 8);
  return bytes;
}

export interface OffsetsAsked {
  readonly disk: Disk;
  readonly topics: Topics;
  readonly group: string;
  readonly partitions: readonly TopicPartition[];
}

export function committedOffsets({ disk, topics, group, partitions }: OffsetsAsked): (GroupOffset | undefined)[] {
  return partitions.map((at) => {
    const { topic, number } = topics.partition(at);
    const bytes = disk.get(offsetKey(group, topic.id, number));
    if (bytes === undefined) return undefined;
    const { topic: name, partition } = at;
    return { topic: name, partition, offset: bytes.readDoubleLE(0), metadata: bytes.toString('utf8', 8) };
  });
}
