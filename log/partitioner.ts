/** murmur2 of the bytes as Kafka's Java client computes it (seed 0x9747b28c), as a signed 32-bit number. */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  let hash = 0x9747b28c ^ data.length;
  const wordsEnd = data.length & ~3;
  for (let at = 0; at < wordsEnd; at += 4) {
    let k = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    hash = Math.imul(hash, m) ^ Math.imul(k, m);
  }
  const rest = data.length & 3;
  if (rest === 3) hash ^= data[wordsEnd + 2]! << 16;
  if (rest >= 2) hash ^= data[wordsEnd + 1]! << 8;
  if (rest >= 1) {
    hash ^= data[wordsEnd]!;
    hash = Math.imul(hash, m);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, m);
  return (hash ^ (hash >>> 15)) | 0;
}

/** The partition of a key, as Kafka's default partitioner chooses it. */
export const partitionOf = (key: string | Uint8Array, partitions: number): number =>
  (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % partitions;
