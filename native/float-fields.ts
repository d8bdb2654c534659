import type { Addon, WriteFloats } from './addon.ts';
import { loadAddon } from './load-addon.ts';

/** Room that one value may take as text, with the tab before it. */
export const floatFieldBytesMax = 18;
/** And as bytes, with the one that says whether it is NULL. */
export const nullableFloatBytesMax = 5;

export interface FloatFields {
  readonly values: Float64Array;
  /** The values are `values[from + i * step]` for i below `count`. */
  readonly from: number;
  readonly step: number;
  readonly count: number;
}

export type FloatWriter = (fields: FloatFields, bytes: Uint8Array, at: number) => number;

/**
 * Writes values as 32-bit floats in ClickHouse's TabSeparated format, a tab before each, and answers where they end.
 * Undefined without the addon: whoever writes rows then writes these fields as any others, with the same bytes.
 */
export const floatFieldWriter = (): FloatWriter | undefined => writerOf((addon) => addon.writeFloatFields);

/** The same for Nullable(Float32) columns in its RowBinary format. */
export const floatByteWriter = (): FloatWriter | undefined => writerOf((addon) => addon.writeNullableFloats);

function writerOf(writeOf: (addon: Addon) => WriteFloats): FloatWriter | undefined {
  const addon = loadAddon();
  if (addon === undefined) return undefined;
  const write = writeOf(addon);
  return ({ values, from, step, count }, bytes, at) => write(values, from, step, count, bytes, at);
}
