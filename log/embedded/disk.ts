import { statfsSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import { DynoError, messageOf } from '../../base/errors.ts';
import type { KeyRange } from './keys.ts';

export type Tree = Database<Buffer, Buffer>;

/** What a write may do, within its transaction and at once. */
export interface Writes {
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
}

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Abortable, committed when the call returns, flushed later: bits of `TransactionFlags`, which is erased at build time. */
const commitWithoutFlush = 1 | 2 | 0x10000;

/** `ENOSPC`, `EDQUOT`, `EFBIG` (a file size limit), `MDB_MAP_FULL`, and `EIO`: what LMDB makes of a write cut short, as the last one onto a full disk is. */
const fullCodes = new Set<unknown>([28, 122, 27, -30792, 5]);

/**
 * Room that other programs on the disk are left with. LMDB itself must not meet its end: what lmdb 3.5.6 writes down of a
 * failed write is longer than the 100 bytes it sets aside for it, which spoils the heap of the process.
 */
const freeBytesMin = 16_000_000;

/**
 * The LMDB file behind the log. A commit is in the kernel when `write` returns (about 10 µs), so a killed process loses
 * nothing that was acknowledged; `flush` brings it to the disk, so a power cut loses what came after the last flush.
 * LMDB's own overlapping flush would cost 0.3 ms of the event loop for every commit.
 */
export class Disk {
  readonly #tree: Tree;
  readonly #dir: string;
  #dirty = false;

  constructor(dir: string, mapBytes: number) {
    this.#dir = dir;
    this.#tree = open<Buffer, Buffer>({
      path: dir,
      encoding: 'binary',
      keyEncoding: 'binary',
      mapSize: mapBytes,
      overlappingSync: false,
      noSubdir: false,
    });
  }

  /** All of `action` or nothing: a throw rolls back. */
  write(action: (tree: Writes) => void): void {
    this.#checkRoom();
    // Inside a synchronous transaction the promises of lmdb's calls are settled when they return.
    const writes: Writes = {
      put: (key, value) => void this.#tree.put(key, value),
      remove: (key) => void this.#tree.remove(key),
    };
    try {
      this.#tree.transactionSync(() => action(writes), commitWithoutFlush);
      this.#dirty = true;
    } catch (error) {
      throw this.#explained(error);
    }
  }

  get(key: Buffer): Buffer | undefined {
    return this.#tree.get(key);
  }

  /** Copies, at most `limit` entries. The cursor is closed before this returns: an open one keeps every old page alive. */
  range(range: KeyRange, limit: number): Entry[] {
    return [...this.#tree.getRange({ ...range, limit })];
  }

  keys(range: KeyRange, limit: number): Buffer[] {
    return [...this.#tree.getKeys({ ...range, limit })];
  }

  /** The last entry of the range, `range.end` included. */
  last(range: KeyRange): Entry | undefined {
    return [
      ...this.#tree.getRange({ start: range.end, end: range.start, inclusiveEnd: true, reverse: true, limit: 1 }),
    ][0];
  }

  /** Bytes in use: pages of the tree, without free ones. */
  usedBytes(): number {
    const stats = this.#tree.getStats() as Record<string, number>;
    const pages = ['treeBranchPageCount', 'treeLeafPageCount', 'overflowPages'] as const;
    return pages.reduce((sum, name) => sum + (stats[name] ?? 0), 0) * (stats['pageSize'] ?? 4_096);
  }

  /** Brings what was committed to the disk, outside the event loop; nothing when nothing was written since. */
  async flush(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    const file = await openFile(join(this.#dir, 'data.mdb'), 'r+');
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    await this.flush();
    // Closed in the same turn as a transaction, lmdb 3.5.6 waits for itself for ever.
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.#tree.close();
  }

  /** A few microseconds. Quotas and disks that fail are met by LMDB all the same. */
  #checkRoom(): void {
    const { blocks, bavail, bsize } = statfsSync(this.#dir);
    // Some network file systems do not say how large they are.
    if (blocks === 0 || bavail * bsize >= freeBytesMin) return;
    throw this.#full(`its disk has ${bavail * bsize} bytes left, fewer than the ${freeBytesMin} that stay free`);
  }

  #explained(error: unknown): unknown {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return fullCodes.has(code) ? this.#full(`${messageOf(error)}. The disk is full or failing`, error) : error;
  }

  #full(why: string, cause?: unknown): DynoError {
    return new DynoError(
      'DYNO_LOG_DISK_FULL',
      `the embedded log in ${this.#dir} cannot grow: ${why}. Nothing of this append was kept; make room on the disk ` +
        'and it goes on by itself.',
      { retryable: true, cause, details: { dir: this.#dir } },
    );
  }
}
