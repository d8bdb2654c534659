const chunkBytes = 1_048_576;
const keptBytesMax = 67_108_864;
/** Memory much larger than what is asked for stays for larger answers. */
const roomMax = 4;

/** Memory of answers that is lent: by how many it is still held. Nobody's entry keeps the memory alive. */
const holders = new WeakMap<ArrayBufferLike, number>();
let free: ArrayBuffer[] = [];

/**
 * Memory for an answer, used again once all who held it have released it. 1.7 GB for a million records, allocated anew,
 * cost the garbage collector a third of the CPU and the kernel as many pages; used again, a few megabytes do. What is
 * never released is simply collected.
 */
export function answerMemory(bytes: number): Buffer {
  const fits = free.filter(({ byteLength }) => byteLength >= bytes && byteLength <= bytes * roomMax + chunkBytes);
  const found = fits.sort((a, b) => a.byteLength - b.byteLength)[0];
  if (found !== undefined) free = free.filter((one) => one !== found);
  const memory = found ?? new ArrayBuffer(Math.ceil(bytes / chunkBytes) * chunkBytes);
  holders.set(memory, 0);
  return Buffer.from(memory, 0, bytes);
}

/** Says that something in that memory will be read. */
export function hold(memory: ArrayBufferLike): void {
  const count = holders.get(memory);
  if (count !== undefined) holders.set(memory, count + 1);
}

/** Says that it will not any more: when all have said so, the next answer may be written over it. */
export function release(memory: ArrayBufferLike): void {
  const count = holders.get(memory) ?? 0;
  if (count === 0 || !(memory instanceof ArrayBuffer)) return;
  holders.set(memory, count - 1);
  if (count > 1) return;
  const keptBytes = free.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (keptBytes + memory.byteLength <= keptBytesMax) free.push(memory);
}
