/** Below this it is not worth the bookkeeping: Node's own pool of small buffers serves. */
const lentBytesMin = 1_024;
const keptBytesMax = 67_108_864;
/** Steps of sizes between one power of two and the next: at most a fifth of a memory lies idle. */
const sizeSteps = 4;

/** What is lent now; nobody's entry keeps the memory alive. */
const lent = new WeakSet<ArrayBufferLike>();
/** What was given back, by size, the size that was used longest ago first. */
const free = new Map<number, ArrayBuffer[]>();
let keptBytes = 0;
let poisoned = false;

/**
 * Memory for bytes that are soon of no use any more: an answer of a server, a block on its way into the log. What is
 * allocated outside of V8's heap makes the garbage collector go through all of that heap every 16 MB or so; what is
 * lent and given back does not. Its contents are anything at first. What is never given back is simply collected.
 */
export function lendBuffer(bytes: number): Buffer {
  if (bytes < lentBytesMin) return Buffer.allocUnsafe(bytes);
  return Buffer.from(lend(sizeFor(bytes)), 0, bytes);
}

export const lendFloat64 = (length: number): Float64Array =>
  length * 8 < lentBytesMin ? new Float64Array(length) : new Float64Array(lend(sizeFor(length * 8)), 0, length);

export const lendFloat32 = (length: number): Float32Array =>
  length * 4 < lentBytesMin ? new Float32Array(length) : new Float32Array(lend(sizeFor(length * 4)), 0, length);

export const lendUint8 = (length: number): Uint8Array =>
  length < lentBytesMin ? new Uint8Array(length) : new Uint8Array(lend(sizeFor(length)), 0, length);

/** Nobody reads that memory any more: it may be lent again. Memory that is not lent (any more) is left as it is. */
export function giveBack(memory: ArrayBufferLike | undefined): void {
  if (!(memory instanceof ArrayBuffer) || !lent.delete(memory)) return;
  if (poisoned) new Uint8Array(memory).fill(0xdb);
  const size = memory.byteLength;
  const ofSize = free.get(size) ?? [];
  free.delete(size);
  free.set(size, ofSize);
  ofSize.push(memory);
  keptBytes += size;
  while (keptBytes > keptBytesMax) forgetOldest();
}

/** For tests: what is given back is overwritten at once, so that who still reads it finds nonsense. */
export function poisonGivenBack(): void {
  poisoned = true;
}

function lend(size: number): ArrayBuffer {
  const kept = free.get(size)?.pop();
  if (kept !== undefined) keptBytes -= size;
  // Not `new ArrayBuffer`: that fills it with zeros.
  const memory = kept ?? (Buffer.allocUnsafeSlow(size).buffer as ArrayBuffer);
  lent.add(memory);
  return memory;
}

function sizeFor(bytes: number): number {
  const step = 2 ** Math.floor(Math.log2(bytes)) / sizeSteps;
  return Math.ceil(bytes / step) * step;
}

function forgetOldest(): void {
  for (const [size, ofSize] of free) {
    if (ofSize.pop() !== undefined) {
      keptBytes -= size;
      return;
    }
    free.delete(size);
  }
}
