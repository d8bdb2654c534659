/** Rows of a window in the order of the hosts' names, and the names. */
export interface NamedRows {
  readonly order: Uint32Array;
  readonly hosts: readonly string[];
}

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
  /** Slots in use in the order of their names. */
  #slotsByName: readonly number[] = [];
  /** Scratch of `byName`: row by slot, and −1. */
  #rowOfSlot = new Int32Array(64);
  #sorted = false;
  #lastSlots: readonly number[] = [];
  #lastHosts: readonly string[] = [];

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
      this.#sorted = false;
    }
  }

  /**
   * The rows of a window whose row i is of host `slots[i]`, in the order of the names. While the same hosts come the
   * array of names is the same object: who joins them need not do so again.
   */
  byName(slots: Uint32Array): NamedRows {
    if (!this.#sorted) this.#sort();
    const rowOfSlot = this.#rowOfSlot.fill(-1);
    for (let row = 0; row < slots.length; row++) rowOfSlot[slots[row]!] = row;
    const order = new Uint32Array(slots.length);
    const last = this.#lastSlots;
    let count = 0;
    let isLast = last.length === slots.length;
    for (const slot of this.#slotsByName) {
      const row = rowOfSlot[slot]!;
      if (row === -1) continue;
      isLast &&= last[count] === slot;
      order[count++] = row;
    }
    if (!isLast) {
      this.#lastSlots = Array.from(order, (row) => slots[row]!);
      this.#lastHosts = this.#lastSlots.map((slot) => this.names[slot]!);
    }
    return { order, hosts: this.#lastHosts };
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
    this.#sorted = false;
    return slot;
  }

  #sort(): void {
    const byName = [...this.#slotOf].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#slotsByName = byName.map(([, slot]) => slot);
    if (this.names.length > this.#rowOfSlot.length) this.#rowOfSlot = new Int32Array(this.names.length * 2);
    // A slot may have another name now.
    this.#lastSlots = [];
    this.#lastHosts = [];
    this.#sorted = true;
  }
}
