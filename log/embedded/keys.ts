/**
 * Keys of the one LMDB tree, as bytes that sort as they should: kind first, then numbers big-endian, so that the blocks
 * of a partition lie together in offset order.
 */
const kinds = { topic: 1, block: 2, head: 3, offset: 4, owner: 5 } as const;

/** Beyond any offset; ends a range over one partition. */
const offsetMax = 0x1fffffffffffff;

export const topicKey = (id: number): Buffer => numbered(kinds.topic, [id]);
export const headKey = (topicId: number, partition: number): Buffer => numbered(kinds.head, [topicId, partition]);
export const topicRange = (): KeyRange => ({ start: topicKey(0), end: topicKey(0xffffffff) });
export const allBlocksRange = (): KeyRange => ({ start: blockKey(0, 0, 0), end: Buffer.from([kinds.block + 1]) });

export interface KeyRange {
  readonly start: Buffer;
  /** Not included. */
  readonly end: Buffer;
}

export function blockKey(topicId: number, partition: number, baseOffset: number): Buffer {
  const key = Buffer.allocUnsafe(17);
  key.writeUInt8(kinds.block, 0);
  key.writeUInt32BE(topicId, 1);
  key.writeUInt32BE(partition, 5);
  key.writeBigUInt64BE(BigInt(baseOffset), 9);
  return key;
}

export const baseOffsetOf = (key: Buffer): number => Number(key.readBigUInt64BE(9));

/** Blocks whose base offset is at least `fromOffset`. */
export const blockRange = (topicId: number, partition: number, fromOffset: number): KeyRange => ({
  start: blockKey(topicId, partition, fromOffset),
  end: blockKey(topicId, partition, offsetMax),
});

export function offsetKey(group: string, topicId: number, partition: number): Buffer {
  return Buffer.concat([numbered(kinds.offset, [topicId, partition]), Buffer.from(group)]);
}

export const ownerKey = (transactionalId: string): Buffer =>
  Buffer.concat([Buffer.from([kinds.owner]), Buffer.from(transactionalId)]);

function numbered(kind: number, numbers: readonly number[]): Buffer {
  const key = Buffer.allocUnsafe(1 + numbers.length * 4);
  key.writeUInt8(kind, 0);
  numbers.forEach((number, i) => {
    key.writeUInt32BE(number, 1 + i * 4);
  });
  return key;
}
