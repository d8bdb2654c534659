/** Below this it is not worth the bookkeeping: Node's own pool of small buffers serves. */
const lentBytesMin = 1_024;
const keptBytesMax = 67_108_864;
/** Each time so much has been lent, what lay unused all the while is let go: a burst is not remembered for ever. */
const lookEveryBytes = 536_870_912;
/** Steps of sizes between one power of two and the next: at most a fifth of a memory lies idle. */
const sizeSteps = 4;

/** What is lent now; nobody's entry keeps the memory alive. */
const lent = new WeakSet<ArrayBufferLike>();

interface Free {
  readonly memories: ArrayBuffer[];
  /** The fewest there were since it was last looked: so many nobody needed. */
  fewest: number;
}

/** What was given back, by size, the size that was used longest ago first. */
const free = new Map<number, Free>();
let keptBytes = 0;
let lentSinceLook = 0;
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
  const ofSize = free.get(size) ?? { memories: [], fewest: 0 };
  free.delete(size);
  free.set(size, ofSize);
  ofSize.memories.push(memory);
  keptBytes += size;
  while (keptBytes > keptBytesMax) forgetOldest();
}

/** For tests: what is given back is overwritten at once, so that who still reads it finds nonsense. */
export function poisonGivenBack(): void {
  poisoned = true;
}

function lend(size: number): ArrayBuffer {
  lentSinceLook += size;
  if (lentSinceLook >= lookEveryBytes) letUnusedGo();
  const ofSize = free.get(size);
  const kept = ofSize?.memories.pop();
  if (kept !== undefined) keptBytes -= size;
  if (ofSize !== undefined) ofSize.fewest = Math.min(ofSize.fewest, ofSize.memories.length);
  // Not `new ArrayBuffer`: that fills it with zeros.
  const memory = kept ?? (Buffer.allocUnsafeSlow(size).buffer as ArrayBuffer);
  lent.add(memory);
  return memory;
}

function sizeFor(bytes: number): number {
  const step = 2 ** Math.floor(Math.log2(bytes)) / sizeSteps;
  return Math.ceil(bytes / step) * step;
}

function letUnusedGo(): void {
  lentSinceLook = 0;
  for (const [size, ofSize] of free) {
    ofSize.memories.length -= ofSize.fewest;
    keptBytes -= ofSize.fewest * size;
    ofSize.fewest = ofSize.memories.length;
    if (ofSize.memories.length === 0) free.delete(size);
  }
}

function forgetOldest(): void {
  for (const [size, ofSize] of free) {
    if (ofSize.memories.pop() !== undefined) {
      ofSize.fewest = Math.min(ofSize.fewest, ofSize.memories.length);
      keptBytes -= size;
      return;
    }
    free.delete(size);
  }
}
