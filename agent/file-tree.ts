import { closeSync, openSync, readdirSync, readlinkSync, readSync, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BoundedMap } from '../base/bounded-map.ts';
import type { UnavailableReason } from '../schemas/counter.ts';
import type { FileSystemSpace, SourceTree } from './source-tree.ts';

/** A file that could not be opened is asked for again only after so many reads: a failing open is the dearest call here. */
const readsBeforeRetry = 30;
const listingsBeforeRefresh = 30;
const openFilesMax = 800;
const fileBytesMax = 8_388_608;

interface KnownFile {
  readonly path: string;
  descriptor: number | undefined;
  reason: UnavailableReason;
  readsUntilRetry: number;
}

interface KnownFolder {
  names: readonly string[];
  listingsLeft: number;
}

export interface FileTreeOptions {
  /** Folder that holds `proc` and `sys`. */
  readonly root: string;
  readonly live: boolean;
}

/**
 * Real files. Each is opened once and read again from its start, which is what /proc and /sys are cheapest at; one
 * buffer serves all reads. A file that goes away (device unplugged, CPU offline) is reopened once, then absent.
 */
export class FileTree implements SourceTree {
  readonly live: boolean;
  readonly #root: string;
  readonly #files = new BoundedMap<string, KnownFile>({ keysMax: openFilesMax, onEvict: (_path, file) => close(file) });
  readonly #folders = new BoundedMap<string, KnownFolder>({ keysMax: openFilesMax });
  readonly #opened = new Set<KnownFile>();
  #buffer = Buffer.allocUnsafeSlow(65_536);

  constructor(options: FileTreeOptions) {
    this.#root = options.root;
    this.live = options.live;
  }

  read(path: string): Uint8Array | UnavailableReason {
    const file = this.#known(path);
    if (file.descriptor === undefined && file.readsUntilRetry-- > 0) return file.reason;
    const first = this.#readOpen(file);
    if (typeof first !== 'string') return first;
    close(file);
    const second = this.#readOpen(file);
    if (typeof second !== 'string') return second;
    close(file);
    file.reason = second;
    file.readsUntilRetry = readsBeforeRetry;
    return second;
  }

  text(path: string): string | UnavailableReason {
    const bytes = this.read(path);
    if (typeof bytes === 'string') return bytes;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').trim();
  }

  list(path: string): readonly string[] {
    const known = this.#folders.get(path);
    if (known !== undefined && known.listingsLeft-- > 0) return known.names;
    const names = this.#listNow(path);
    this.#folders.set(path, { names, listingsLeft: listingsBeforeRefresh });
    return names;
  }

  linkName(path: string): string | undefined {
    try {
      return basename(readlinkSync(join(this.#root, path)));
    } catch {
      return undefined;
    }
  }

  space(mountPoint: string): FileSystemSpace | UnavailableReason {
    if (!this.live) return 'not_mounted';
    try {
      const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(mountPoint);
      return {
        usedBytes: (blocks - bfree) * bsize,
        availableBytes: bavail * bsize,
        inodes: files,
        freeInodes: ffree,
      };
    } catch (error) {
      return reasonOf(error);
    }
  }

  close(): void {
    for (const file of this.#opened) close(file);
    this.#opened.clear();
  }

  #known(path: string): KnownFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file: KnownFile = {
      path: join(this.#root, path),
      descriptor: undefined,
      reason: 'not_supported_kernel',
      readsUntilRetry: 0,
    };
    this.#files.set(path, file);
    return file;
  }

  #readOpen(file: KnownFile): Uint8Array | UnavailableReason {
    try {
      file.descriptor ??= openSync(file.path, 'r');
      this.#opened.add(file);
      return this.#readAll(file.descriptor);
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Up to the end: one read may end at a page of the kernel's own. */
  #readAll(descriptor: number): Uint8Array {
    let length = 0;
    for (;;) {
      if (length === this.#buffer.length) this.#grow();
      const count = readSync(descriptor, this.#buffer, length, this.#buffer.length - length, length);
      if (count === 0) return this.#buffer.subarray(0, length);
      length += count;
    }
  }

  #grow(): void {
    if (this.#buffer.length >= fileBytesMax) throw new Error(`a file is larger than ${fileBytesMax} bytes`);
    const larger = Buffer.allocUnsafeSlow(this.#buffer.length * 4);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }

  #listNow(path: string): readonly string[] {
    try {
      const names = readdirSync(join(this.#root, path));
      return names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    } catch {
      return [];
    }
  }
}

function close(file: KnownFile): void {
  if (file.descriptor === undefined) return;
  const { descriptor } = file;
  file.descriptor = undefined;
  try {
    closeSync(descriptor);
  } catch {
    // A descriptor of a device that is gone may refuse; it is released all the same.
  }
}

const reasonByCode: Readonly<Record<string, UnavailableReason>> = {
  EACCES: 'not_permitted',
  EPERM: 'not_permitted',
  ENODEV: 'no_device',
  ENXIO: 'no_device',
  EOPNOTSUPP: 'not_supported_hw',
  ENOENT: 'not_supported_kernel',
  ENOTDIR: 'not_supported_kernel',
  EISDIR: 'not_supported_kernel',
  EINVAL: 'not_supported_hw',
  EIO: 'not_supported_hw',
};

function reasonOf(error: unknown): UnavailableReason {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasonByCode[code] ?? 'collector_failed';
}
