import type { UnavailableReason } from '../../schemas/counter.ts';
import type { FileSystemSpace, SourceTree } from '../source-tree.ts';

export interface MemoryTreeOptions {
  /** Text of each file by path; a reason stands for a file that cannot be read. */
  readonly files: Readonly<Record<string, string>>;
  readonly unreadable?: Readonly<Record<string, UnavailableReason>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly spaces?: Readonly<Record<string, FileSystemSpace>>;
}

/** A source tree written out in a test: folders are what the paths of the files imply. */
export class MemoryTree implements SourceTree {
  readonly live = true;
  readonly #options: MemoryTreeOptions;

  constructor(options: MemoryTreeOptions) {
    this.#options = options;
  }

  read(path: string): Uint8Array | UnavailableReason {
    const text = this.#options.files[path];
    if (text !== undefined) return Buffer.from(text, 'latin1');
    return this.#options.unreadable?.[path] ?? 'not_supported_kernel';
  }

  text(path: string): string | UnavailableReason {
    return this.#options.files[path]?.trim() ?? this.#options.unreadable?.[path] ?? 'not_supported_kernel';
  }

  list(path: string): readonly string[] {
    const inside = Object.keys(this.#options.files).filter((file) => file.startsWith(`${path}/`));
    const names = inside.map((file) => file.slice(path.length + 1).split('/')[0] ?? '');
    return [...new Set(names)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }

  linkName(path: string): string | undefined {
    return this.#options.links?.[path];
  }

  space(mountPoint: string): FileSystemSpace | UnavailableReason {
    return this.#options.spaces?.[mountPoint] ?? 'not_mounted';
  }
}
