import { endianness } from 'node:os';

const bigEndianHost = endianness() === 'BE';

type Packable = Float64Array | Float32Array | Int32Array;

/** The little-endian bytes of the numbers. On little-endian machines a view: do not change `numbers` before it is used. */
export function packNumbers(numbers: Packable): Buffer {
  const view = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return bigEndianHost ? swapped(Buffer.from(view), numbers.BYTES_PER_ELEMENT) : view;
}

export const unpackFloat64 = (bytes: Uint8Array): Float64Array => new Float64Array(aligned(bytes, 8));
export const unpackFloat32 = (bytes: Uint8Array): Float32Array => new Float32Array(aligned(bytes, 4));
export const unpackInt32 = (bytes: Uint8Array): Int32Array => new Int32Array(aligned(bytes, 4));

/** A copy that starts on its own memory: decoded bytes lie anywhere in a shared pool. */
function aligned(bytes: Uint8Array, bytesPerNumber: number): ArrayBuffer {
  if (bytes.length % bytesPerNumber !== 0) {
    throw new RangeError(`${bytes.length} bytes are no whole number of ${bytesPerNumber}-byte numbers`);
  }
  const copy = new ArrayBuffer(bytes.length);
  const view = new Uint8Array(copy);
  view.set(bytes);
  if (bigEndianHost) swapped(Buffer.from(copy), bytesPerNumber);
  return copy;
}

const swapped = (bytes: Buffer, bytesPerNumber: number): Buffer =>
  bytesPerNumber === 8 ? bytes.swap64() : bytes.swap32();
