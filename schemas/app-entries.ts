import type { Dictionary } from './block-head.ts';
import type { HostWindowsBlock } from './blocks.ts';

/** Application values of a block: pairs (host, position of the name in the dictionary), and beside them the means. */
export interface AppEntries {
  readonly entries: Int32Array;
  readonly values: Float64Array;
}

/** Adds the names to the dictionary, behind what is in it. */
export function packApp(app: HostWindowsBlock['app'], dictionary: Dictionary): AppEntries {
  const entries: number[] = [];
  const values: number[] = [];
  for (const [host, means] of app.entries()) {
    for (const [name, mean] of means ?? []) {
      entries.push(host, dictionary.positionOf(name));
      values.push(mean);
    }
  }
  return { entries: Int32Array.from(entries), values: Float64Array.from(values) };
}
