export interface BoundedMapOptions<K, V> {
  readonly keysMax: number;
  /** Told of each entry that goes because the map is full. */
  readonly onEvict?: (key: K, value: V) => void;
}

/** A map that cannot grow without end: at `keysMax` the entry set longest ago goes. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #keysMax: number;
  readonly #onEvict: ((key: K, value: V) => void) | undefined;

  constructor(options: BoundedMapOptions<K, V>) {
    this.#keysMax = options.keysMax;
    this.#onEvict = options.onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#keysMax) return;
    const [oldestKey, oldestValue] = this.#entries.entries().next().value as [K, V];
    this.#entries.delete(oldestKey);
    this.#onEvict?.(oldestKey, oldestValue);
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  entries(): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }
}
