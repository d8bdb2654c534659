import type { Collector, Readings } from '../collector.ts';
import { MemoryTree, type MemoryTreeOptions } from './memory-tree.ts';

/** Readings of a collector after each of these moments, `elapsedS` apart. */
export function collect(
  collector: Collector,
  moments: readonly (MemoryTreeOptions | MemoryTreeOptions['files'])[],
  elapsedS = 1,
): Readings[] {
  const session = collector.start(0);
  return moments.map((moment, index) => {
    const options = isOptions(moment) ? moment : { files: moment };
    const tree = new MemoryTree(options);
    return session.sample({ tree, elapsedS: index === 0 ? 0 : elapsedS, readNow: true });
  });
}

const isOptions = (moment: MemoryTreeOptions | MemoryTreeOptions['files']): moment is MemoryTreeOptions =>
  typeof moment['files'] === 'object';
