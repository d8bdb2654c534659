import { defineCollector, type Readings } from '../collector.ts';
import { over, type Reading } from '../readings.ts';
import type { FileSystemSpace, SourceTree } from '../source-tree.ts';
import { isBytes } from '../source-tree.ts';

/** Kinds on local storage. A network file system whose server is gone would stop the agent with it. */
const localKinds = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs', 'jfs', 'reiserfs']);
const mountsMax = 64;

interface Spaces {
  readonly root: FileSystemSpace | Exclude<Reading, number>;
  /** Each local device once, however often it is mounted. */
  readonly local: readonly FileSystemSpace[];
}

export interface Mount {
  readonly device: string;
  readonly folder: string;
}

/** Writable mounts on local storage in the text of /proc/self/mounts, one for each device. */
export function localMounts(text: string): readonly Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [device, folder, kind, options] = line.split(' ');
    if (device === undefined || folder === undefined || kind === undefined || options === undefined) continue;
    if (!localKinds.has(kind) || options.split(',').includes('ro') || byDevice.has(device)) continue;
    if (byDevice.size < mountsMax) byDevice.set(device, { device, folder: withoutOctal(folder) });
  }
  return [...byDevice.values()];
}

/** The kernel writes spaces and the like in octal: `\040`. */
const withoutOctal = (folder: string): string =>
  folder.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

function read(tree: SourceTree): Spaces | Exclude<Reading, number> {
  const bytes = tree.read('proc/self/mounts');
  if (!isBytes(bytes)) return bytes;
  const mounts = localMounts(Buffer.from(bytes).toString('latin1'));
  const local = mounts.map(({ folder }) => tree.space(folder)).filter((space) => typeof space === 'object');
  return { root: tree.space('/'), local };
}

/** As df: what root keeps for itself is neither used nor available. */
const usedRatio = ({ usedBytes, availableBytes }: FileSystemSpace): Reading =>
  over(usedBytes, usedBytes + availableBytes);
const inodesUsedRatio = ({ inodes, freeInodes }: FileSystemSpace): Reading => over(inodes - freeInodes, inodes);

function derive({ root, local }: Spaces): Readings {
  const spaces = local.length === 0 && typeof root === 'object' ? [root] : local;
  const share = (space: FileSystemSpace, of: (space: FileSystemSpace) => Reading): number => {
    const ratio = of(space);
    return typeof ratio === 'number' ? ratio : 0;
  };
  const ifNone: Reading = typeof root === 'string' ? root : 'no_device';
  const fullest = [...spaces].sort((a, b) => share(b, usedRatio) - share(a, usedRatio))[0];
  const inodes = spaces.map((space) => share(space, inodesUsedRatio));
  return {
    fs_root_used_ratio: typeof root === 'string' ? root : usedRatio(root),
    fs_fullest_used_ratio: fullest === undefined ? ifNone : usedRatio(fullest),
    fs_fullest_available_bytes: fullest === undefined ? ifNone : fullest.availableBytes,
    fs_fullest_inodes_used_ratio: inodes.length === 0 ? ifNone : Math.max(...inodes),
  };
}

export default defineCollector<Spaces>({
  name: 'file-systems',
  counters: [
    'fs_fullest_used_ratio',
    'fs_fullest_available_bytes',
    'fs_fullest_inodes_used_ratio',
    'fs_root_used_ratio',
  ],
  everySamples: 10,
  read,
  derive: ({ current }) => derive(current),
});
