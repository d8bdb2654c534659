import { numberIn, type SourceTree } from './source-tree.ts';

export type Medium = 'disk' | 'flash';

/**
 * What a block device is made of, by the kernel's `rotational` flag; undefined for what is no device of its own
 * (partitions, loop, RAM, device mapper, RAID), whose requests reach a real one and would count twice.
 */
export function mediumOf(tree: SourceTree, device: string): Medium | undefined {
  const folder = `sys/block/${device.replaceAll('/', '!')}`;
  const entries = tree.list(folder);
  if (!entries.includes('device')) return undefined;
  if (entries.includes('hidden') && numberIn(tree, `${folder}/hidden`) === 1) return undefined;
  return numberIn(tree, `${folder}/queue/rotational`) === 0 ? 'flash' : 'disk';
}

const sectorBytes = 512;

/** Size in bytes, undefined when the kernel does not say. */
export function sizeBytes(tree: SourceTree, device: string): number | undefined {
  const sectors = numberIn(tree, `sys/block/${device.replaceAll('/', '!')}/size`);
  return typeof sectors === 'number' ? sectors * sectorBytes : undefined;
}
