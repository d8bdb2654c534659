/** Cosines that a long-run variance is averaged over: 0.4 n^(2/3) as in Lazarus, Lewis, Stock and Watson 2018, even, 4 to 12. */
const cosinesMin = 4;
export const cosinesMax = 12;
/** Steps are summed to about this many blocks first: ten for the fastest of the cosines. */
const blocksWanted = 60;
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
  readonly #differences = new Float64Array(blocksMax);
  #blockSteps = 1;
  #blocks = 0;

  /** For columns of so many steps, n of them with a point. */
  prepare(length: number, n: number): void {
    this.count = Math.max(cosinesMin, Math.min(cosinesMax, 2 * Math.round(0.2 * Math.cbrt(n) ** 2)));
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
    this.#sumBlocks(a, aAt, b, bAt, length);
    this.#fold();
    const half = (this.#blocks + 1) >> 1;
    const basis = this.#basis;
    const sums = this.#sums;
    const differences = this.#differences;
    for (let cosine = 0; cosine < this.count; cosine += 2) {
      const odd = cosine * blocksMax;
      const even = odd + blocksMax;
      let odd0 = 0;
      let odd1 = 0;
      let even0 = 0;
      let even1 = 0;
      // Four sums side by side, which the processor adds at once; one block beyond the middle is zero.
      for (let block = 0; block < half; block += 2) {
        odd0 += basis[odd + block]! * differences[block]!;
        even0 += basis[even + block]! * sums[block]!;
        odd1 += basis[odd + block + 1]! * differences[block + 1]!;
        even1 += basis[even + block + 1]! * sums[block + 1]!;
      }
      out[cosine] = odd0 + odd1;
      out[cosine + 1] = even0 + even1;
    }
  }

  /** The second half of a cosine is its first half backwards, for odd j with the sign changed. */
  #fold(): void {
    const sums = this.#sums;
    const differences = this.#differences;
    let last = this.#blocks - 1;
    for (let block = 0; block < last; block++, last--) {
      differences[block] = sums[block]! - sums[last]!;
      sums[block]! += sums[last]!;
    }
    const half = this.#blocks >> 1;
    if ((this.#blocks & 1) === 1) differences[half] = 0;
    const after = (this.#blocks + 1) >> 1;
    sums[after] = 0;
    differences[after] = 0;
  }

  #sumBlocks(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): void {
    const steps = this.#blockSteps;
    const sums = this.#sums;
    if (steps === 1) {
      for (let i = 0; i < length; i++) sums[i] = a[aAt + i]! * b[bAt + i]!;
      return;
    }
    for (let block = 0, from = 0; from < length; block++, from += steps) {
      const to = Math.min(length, from + steps);
      let sum = 0;
      for (let i = from; i < to; i++) sum += a[aAt + i]! * b[bAt + i]!;
      sums[block] = sum;
    }
  }
}
