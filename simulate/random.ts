/**
 * Seeded chance: xoshiro128** over 32-bit words, seeded by splitmix32. Small, fast, and the same numbers on every
 * machine; not for secrets.
 */
export class Random {
  readonly #words = new Uint32Array(4);
  #spareNormal = Number.NaN;

  /** Streams of one seed are independent of each other: each host and load curve has its own. */
  constructor(seed: number, stream = 0) {
    let state = (seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0;
    for (let i = 0; i < 4; i++) {
      state = (state + 0x9e3779b9) >>> 0;
      let word = state;
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      this.#words[i] = word ^ (word >>> 15);
    }
  }

  /** 0 ≤ x < 1. */
  uniform(): number {
    const words = this.#words;
    const second = words[1]!;
    const mixed = Math.imul(rotate(Math.imul(second, 5), 7), 9) >>> 0;
    words[2]! ^= words[0]!;
    words[3]! ^= second;
    words[1]! ^= words[2]!;
    words[0]! ^= words[3]!;
    words[2]! ^= second << 9;
    words[3] = rotate(words[3]!, 11);
    return mixed / 4_294_967_296;
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Mean 0, standard deviation 1 (polar method; two at a time). */
  normal(): number {
    if (!Number.isNaN(this.#spareNormal)) {
      const spare = this.#spareNormal;
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spareNormal = y * factor;
      return x * factor;
    }
  }

  /** Sum of `count` ≥ 1 exponential times of this mean each, in one draw (gamma by Marsaglia and Tsang 2000). */
  erlang(count: number, mean: number): number {
    const d = count - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return mean * d * v;
    }
  }
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
