import type { UnavailableReason } from '../schemas/counter.ts';

/** Space and inodes of one file system. */
export interface FileSystemSpace {
  readonly usedBytes: number;
  /** What programs may still take, as df counts it. */
  readonly availableBytes: number;
  readonly inodes: number;
  readonly freeInodes: number;
}

/** The files that counters come from: this machine's, a recording's, or a test's. Paths begin with `proc/` or `sys/`. */
export interface SourceTree {
  /** True for this machine as it runs; false for a recording. */
  readonly live: boolean;
  /**
   * The bytes of a file, or why it cannot be read: `not_supported_kernel` when it is not there.
   * They are valid until the next call.
   */
  read(path: string): Uint8Array | UnavailableReason;
  /** The text of a small file, trimmed. */
  text(path: string): string | UnavailableReason;
  /** Names in a folder, sorted by number and then letter, empty when there is none. May lag behind by half a minute. */
  list(path: string): readonly string[];
  /** The last part of what a link leads to, undefined when it is none. */
  linkName(path: string): string | undefined;
  space(mountPoint: string): FileSystemSpace | UnavailableReason;
}

/** True when what `read` answered is the bytes. */
export const isBytes = (answer: Uint8Array | UnavailableReason): answer is Uint8Array => typeof answer !== 'string';

/** The decimal number in a small file, or the reason of its absence; `implausible` when it holds something else. */
export function numberIn(tree: SourceTree, path: string): number | UnavailableReason {
  const text = tree.text(path);
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : isReason(text) ? text : 'implausible';
}

const isReason = (text: string): text is UnavailableReason => unreadable.has(text);

/** Reasons that a tree answers with. A file with such a word in it would be taken for one, which is as good. */
const unreadable: ReadonlySet<string> = new Set([
  'not_supported_kernel',
  'not_supported_hw',
  'not_permitted',
  'not_mounted',
  'no_device',
  'collector_failed',
] satisfies UnavailableReason[]);
