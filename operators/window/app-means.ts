/** Names of application values kept per host and window; the decoder bounds what one record may carry. */
const namesMax = 256;

interface Mean {
  sum: number;
  count: number;
}

/** Means of the application values outside the catalogue, per row; nothing for hosts that report none. */
export class AppMeans {
  readonly #rows = new Map<number, Map<string, Mean>>();

  clear(): void {
    this.#rows.clear();
  }

  add(row: number, values: ReadonlyMap<string, number>): void {
    let means = this.#rows.get(row);
    if (means === undefined) {
      means = new Map();
      this.#rows.set(row, means);
    }
    for (const [name, value] of values) {
      let mean = means.get(name);
      if (mean === undefined) {
        if (means.size >= namesMax) continue;
        mean = { sum: 0, count: 0 };
        means.set(name, mean);
      }
      mean.sum += value;
      mean.count++;
    }
  }

  /** Names in their order, so that equal windows are equal bytes. */
  meansOf(row: number): ReadonlyMap<string, number> | undefined {
    const means = this.#rows.get(row);
    if (means === undefined) return undefined;
    const named = [...means].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(named.map(([name, { sum, count }]) => [name, sum / count]));
  }
}
