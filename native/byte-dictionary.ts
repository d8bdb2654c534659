/**
 * UTF-8 keys → small numbers, without making a string of each key. At most `keysMax` keys: then the half that was seen
 * longest ago goes and its numbers are given to new keys. Keys seen in the round under way stay, so that one round may
 * go beyond the bound.
 */
export class ByteDictionary {
  /** The key of each number; a freed number keeps its old key until it is given again. */
  readonly keys: string[] = [];
  evicted = 0;
  readonly #keysMax: number;
  #round = 0;
  /** The round of the last eviction: one a round is enough, and a key flood costs no more. */
  #evictedInRound = -1;
  #seenInRound = new Float64Array(64);
  /** Bytes of all keys, one after the other. */
  #arena = new Uint8Array(4_096);
  #arenaUsed = 0;
  #starts = new Uint32Array(64);
  #lengths = new Uint16Array(64);
  /** Open addressing: number + 1, 0 = empty; twice as large as the keys at least. */
  #table = new Uint32Array(256);
  #free: number[] = [];
  #size = 0;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  get size(): number {
    return this.#size;
  }

  /** Keys seen in one round are never evicted in it. */
  nextRound(): void {
    this.#round++;
  }

  /** The number of the key in `bytes[start … end)`; at most 65,535 bytes. */
  numberOf(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#table.length - 1;
    let slot = hashOf(bytes, start, end) & mask;
    for (let entry = this.#table[slot]!; entry !== 0; entry = this.#table[slot]!) {
      if (this.#equals(entry - 1, bytes, start, end)) {
        this.#seenInRound[entry - 1] = this.#round;
        return entry - 1;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(bytes, start, end);
  }

  #equals(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.#lengths[number] !== length) return false;
    const arena = this.#arena;
    const from = this.#starts[number]!;
    for (let at = 0; at < length; at++) if (arena[from + at] !== bytes[start + at]) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number): number {
    if (this.#size >= this.#keysMax && this.#evictedInRound !== this.#round) this.#evictHalf();
    const number = this.#free.pop() ?? this.keys.length;
    if (number >= this.#starts.length) this.#growNumbers();
    this.#store(number, bytes, start, end);
    this.keys[number] = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    this.#seenInRound[number] = this.#round;
    this.#size++;
    if (this.#size * 2 > this.#table.length) this.#rebuildTable(this.#table.length * 2);
    else this.#insert(number);
    return number;
  }

  #store(number: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#arenaUsed + length > this.#arena.length) {
      const larger = new Uint8Array(Math.max(this.#arena.length * 2, this.#arenaUsed + length));
      larger.set(this.#arena);
      this.#arena = larger;
    }
    this.#arena.set(bytes.subarray(start, end), this.#arenaUsed);
    this.#starts[number] = this.#arenaUsed;
    this.#lengths[number] = length;
    this.#arenaUsed += length;
  }

  #insert(number: number): void {
    const mask = this.#table.length - 1;
    const start = this.#starts[number]!;
    let slot = hashOf(this.#arena, start, start + this.#lengths[number]!) & mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
    this.#table[slot] = number + 1;
  }

  #rebuildTable(slots: number): void {
    const gone = new Set(this.#free);
    this.#table = new Uint32Array(slots);
    for (let number = 0; number < this.keys.length; number++) if (!gone.has(number)) this.#insert(number);
  }

  #evictHalf(): void {
    this.#evictedInRound = this.#round;
    const gone = new Set(this.#free);
    const old: number[] = [];
    for (let number = 0; number < this.keys.length; number++)
      if (!gone.has(number) && this.#seenInRound[number] !== this.#round) old.push(number);
    old.sort((a, b) => this.#seenInRound[a]! - this.#seenInRound[b]! || a - b);
    const evict = old.slice(0, Math.ceil(this.#keysMax / 2));
    for (const number of evict.reverse()) this.#free.push(number);
    this.#size -= evict.length;
    this.evicted += evict.length;
    this.#compactArena();
    this.#rebuildTable(this.#table.length);
  }

  #compactArena(): void {
    const old = this.#arena;
    const gone = new Set(this.#free);
    this.#arena = new Uint8Array(old.length);
    this.#arenaUsed = 0;
    for (let number = 0; number < this.keys.length; number++) {
      const start = this.#starts[number]!;
      if (!gone.has(number)) this.#store(number, old, start, start + this.#lengths[number]!);
    }
  }

  #growNumbers(): void {
    const room = this.#starts.length * 2;
    this.#starts = copyInto(new Uint32Array(room), this.#starts);
    this.#lengths = copyInto(new Uint16Array(room), this.#lengths);
    this.#seenInRound = copyInto(new Float64Array(room), this.#seenInRound);
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function copyInto<T extends Uint32Array | Uint16Array | Float64Array>(larger: T, old: T): T {
  larger.set(old);
  return larger;
}
