/** Cosines that a long-run variance is averaged over: 0.4 n^(2/3) as in Lazarus, Lewis, Stock and Watson 2018, 4 to 24. */
const cosinesMin = 4;
export const cosinesMax = 24;
/** Steps are summed to about this many blocks first: ten for the fastest of the cosines. */
const blocksWanted = 120;
/** Reached just below a whole further block size. */
const blocksMax = 2 * blocksWanted;

/**
 * Projections of products of two columns on the slowest cosines, Λ_j = Σ_t a[t] b[t] cos(π j (t + ½) / T), j = 1 to
 * `count`. For a series z of mean zero, 2/count · Σ Λ_j² is an estimate of the variance of Σ z whatever the memory of z is,
 * as long as it is short beside T / count (equal-weighted cosine transform, Müller 2007; Lazarus, Lewis, Stock and Watson,
 * J. Bus. Econ. Stat. 36, 2018). Linear in z: those of residuals are put together from those of their parts.
 */
export class CosineTransform {
  count = 0;
  readonly #basis = new Float64Array(cosinesMax * blocksMax);
  readonly #sums = new Float64Array(blocksMax);
  #blockSteps = 1;
  #blocks = 0;

  /** For columns of so many steps, n of them with a point. */
  prepare(length: number, n: number): void {
    this.count = Math.max(cosinesMin, Math.min(cosinesMax, Math.round(0.4 * Math.cbrt(n) ** 2)));
    this.#blockSteps = Math.max(1, Math.floor(length / blocksWanted));
    const blocks = Math.ceil(length / this.#blockSteps);
    if (blocks === this.#blocks) return;
    this.#blocks = blocks;
    for (let block = 0; block < blocks; block++) {
      const first = Math.cos((Math.PI * (block + 0.5)) / blocks);
      let before = 1;
      let here = first;
      for (let cosine = 0; cosine < cosinesMax; cosine++) {
        this.#basis[cosine * blocksMax + block] = here;
        const next = 2 * first * here - before;
        before = here;
        here = next;
      }
    }
  }

  project(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number, out: Float64Array): void {
    const blocks = this.#blocks;
    this.#sumBlocks(a, aAt, b, bAt, length);
    for (let cosine = 0; cosine < this.count; cosine++) {
      const from = cosine * blocksMax;
      let even = 0;
      let odd = 0;
      let block = 0;
      for (; block + 1 < blocks; block += 2) {
        even += this.#basis[from + block]! * this.#sums[block]!;
        odd += this.#basis[from + block + 1]! * this.#sums[block + 1]!;
      }
      if (block < blocks) even += this.#basis[from + block]! * this.#sums[block]!;
      out[cosine] = even + odd;
    }
  }

  #sumBlocks(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): void {
    const steps = this.#blockSteps;
    for (let block = 0, from = 0; from < length; block++, from += steps) {
      const to = Math.min(length, from + steps);
      let sum = 0;
      for (let i = from; i < to; i++) sum += a[aAt + i]! * b[bAt + i]!;
      this.#sums[block] = sum;
    }
  }
}
