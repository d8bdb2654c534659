import { loadAddon } from './load-addon.ts';

/** Room that one value may take, with the tab before it. */
export const floatFieldBytesMax = 18;

export interface FloatFields {
  readonly values: Float64Array;
  /** The values are `values[from + i * step]` for i below `count`. */
  readonly from: number;
  readonly step: number;
  readonly count: number;
}

/**
 * Writes values as 32-bit floats in ClickHouse's TabSeparated format, a tab before each, and answers where they end.
 * Undefined without the addon: whoever writes rows then writes these fields as any others, with the same bytes.
 */
export function floatFieldWriter(): ((fields: FloatFields, bytes: Uint8Array, at: number) => number) | undefined {
  const addon = loadAddon();
  if (addon === undefined) return undefined;
  return ({ values, from, step, count }, bytes, at) => addon.writeFloatFields(values, from, step, count, bytes, at);
}
