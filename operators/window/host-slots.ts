/**
 * Small numbers for the hosts that have records in open windows. A host without any gives its slot back, so memory is
 * bounded by the hosts alive. Slots do not show in results: those are in the order of names.
 */
export class HostSlots {
  /** By slot; undefined = free. */
  readonly names: (string | undefined)[] = [];
  readonly #slotOf = new Map<string, number>();
  readonly #free: number[] = [];
  /** End of the newest window with a record of this host. */
  #lastWindowEndMs = new Float64Array(64);
  /** Slot by the decoder's host number, valid while the name is the same. */
  #slotByNumber = new Int32Array(64).fill(-1);
  #slotsByRank: readonly number[] = [];
  #ranks = new Uint32Array(64);
  /** Scratch of `orderByName`: position by slot. */
  #positions = new Uint32Array(64);
  #ranked = false;

  get count(): number {
    return this.#slotOf.size;
  }

  /** The slot of the host that the decoder calls `number`, in use at least until the window that ends then is closed. */
  slotOf(number: number, name: string, windowEndMs: number): number {
    let slot = number < this.#slotByNumber.length ? this.#slotByNumber[number]! : -1;
    if (slot === -1 || this.names[slot] !== name) slot = this.#find(number, name);
    if (windowEndMs > this.#lastWindowEndMs[slot]!) this.#lastWindowEndMs[slot] = windowEndMs;
    return slot;
  }

  /** Hosts whose windows are all closed go. */
  releaseThrough(closedThroughMs: number): void {
    for (let slot = 0; slot < this.names.length; slot++) {
      const name = this.names[slot];
      if (name === undefined || this.#lastWindowEndMs[slot]! > closedThroughMs) continue;
      this.#slotOf.delete(name);
      this.names[slot] = undefined;
      this.#free.push(slot);
      this.#ranked = false;
    }
  }

  /** Positions in `slots`, in the order of the hosts' names. */
  orderByName(slots: Uint32Array): Uint32Array {
    if (!this.#ranked) this.#rank();
    const ranks = new Uint32Array(slots.length);
    for (let i = 0; i < slots.length; i++) {
      ranks[i] = this.#ranks[slots[i]!]!;
      this.#positions[slots[i]!] = i;
    }
    ranks.sort();
    for (let i = 0; i < ranks.length; i++) ranks[i] = this.#positions[this.#slotsByRank[ranks[i]!]!]!;
    return ranks;
  }

  #find(number: number, name: string): number {
    const slot = this.#slotOf.get(name) ?? this.#add(name);
    if (number >= this.#slotByNumber.length) {
      const larger = new Int32Array(Math.max(number + 1, this.#slotByNumber.length * 2)).fill(-1);
      larger.set(this.#slotByNumber);
      this.#slotByNumber = larger;
    }
    this.#slotByNumber[number] = slot;
    return slot;
  }

  #add(name: string): number {
    const slot = this.#free.pop() ?? this.names.length;
    this.names[slot] = name;
    this.#slotOf.set(name, slot);
    if (slot >= this.#lastWindowEndMs.length) {
      const larger = new Float64Array(slot * 2);
      larger.set(this.#lastWindowEndMs);
      this.#lastWindowEndMs = larger;
    }
    this.#lastWindowEndMs[slot] = Number.NEGATIVE_INFINITY;
    this.#ranked = false;
    return slot;
  }

  #rank(): void {
    const byName = [...this.#slotOf].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#slotsByRank = byName.map(([, slot]) => slot);
    this.#ranks = new Uint32Array(this.names.length);
    for (const [rank, slot] of this.#slotsByRank.entries()) this.#ranks[slot] = rank;
    this.#positions = new Uint32Array(this.names.length);
    this.#ranked = true;
  }
}
