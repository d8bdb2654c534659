/** Values of one variable less their mean, which is `first + offset`. */
export interface CentredColumn {
  readonly count: number;
  readonly first: number;
  readonly offset: number;
  /** Sum of squared deviations. */
  readonly square: number;
}

/**
 * Count, means and centred second moments of P pairs of variables, in columns: one pair is P = 1. Nothing is allocated
 * after the constructor, nothing is ever subtracted, and no raw sums exist.
 *
 * Adding is Welford's update (Technometrics 4, 1962) in its two-variable form; merging is the exact pairwise formula of
 * Chan, Golub and LeVeque (1983), for co-moments Pébay (SAND2008-6212). Means are kept as the first value of each pair
 * and an offset from it: with a mean of 1e7 and a spread of 0.1 the deviations stay exact, where a mean in one double
 * costs the last two of nine digits.
 */
export class CoMoments {
  readonly pairs: number;
  readonly count: Float64Array;
  /** Sums over the points of (x − mean x)², (y − mean y)² and (x − mean x)(y − mean y). */
  readonly sxx: Float64Array;
  readonly syy: Float64Array;
  readonly sxy: Float64Array;
  readonly #firstX: Float64Array;
  readonly #firstY: Float64Array;
  readonly #offsetX: Float64Array;
  readonly #offsetY: Float64Array;

  constructor(pairs: number) {
    const column = (): Float64Array => new Float64Array(pairs);
    this.pairs = pairs;
    this.count = column();
    this.sxx = column();
    this.syy = column();
    this.sxy = column();
    this.#firstX = column();
    this.#firstY = column();
    this.#offsetX = column();
    this.#offsetY = column();
  }

  /** NaN without points. */
  meanX(pair: number): number {
    return this.count[pair] === 0 ? Number.NaN : this.#firstX[pair]! + this.#offsetX[pair]!;
  }

  meanY(pair: number): number {
    return this.count[pair] === 0 ? Number.NaN : this.#firstY[pair]! + this.#offsetY[pair]!;
  }

  /** The first `pairs` pairs begin anew. */
  clear(pairs = this.pairs): void {
    this.count.fill(0, 0, pairs);
    this.sxx.fill(0, 0, pairs);
    this.syy.fill(0, 0, pairs);
    this.sxy.fill(0, 0, pairs);
    this.#offsetX.fill(0, 0, pairs);
    this.#offsetY.fill(0, 0, pairs);
  }

  /** A point without one of its values, or with an infinite one, is left out. */
  add(pair: number, x: number, y: number): void {
    one[0] = x;
    one[1] = y;
    this.addRange(pair, one, { x: 0, y: 1, count: 1 });
  }

  /** The same for points that lie side by side: x from `values[range.x]`, y from `values[range.y]`. */
  addRange(pair: number, values: Float64Array, range: { x: number; y: number; count: number }): void {
    const { x: xStart, y: yStart, count } = range;
    let n = this.count[pair]!;
    let firstX = this.#firstX[pair]!;
    let firstY = this.#firstY[pair]!;
    let offsetX = this.#offsetX[pair]!;
    let offsetY = this.#offsetY[pair]!;
    let sxx = this.sxx[pair]!;
    let syy = this.syy[pair]!;
    let sxy = this.sxy[pair]!;
    for (let i = 0; i < count; i++) {
      const x = values[xStart + i]!;
      const y = values[yStart + i]!;
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      if (n === 0) {
        firstX = x;
        firstY = y;
      }
      n++;
      const shiftedX = x - firstX;
      const shiftedY = y - firstY;
      const beforeX = shiftedX - offsetX;
      const beforeY = shiftedY - offsetY;
      offsetX += beforeX / n;
      offsetY += beforeY / n;
      const afterY = shiftedY - offsetY;
      sxx += beforeX * (shiftedX - offsetX);
      syy += beforeY * afterY;
      sxy += beforeX * afterY;
    }
    this.count[pair] = n;
    this.#firstX[pair] = firstX;
    this.#firstY[pair] = firstY;
    this.#offsetX[pair] = offsetX;
    this.#offsetY[pair] = offsetY;
    this.sxx[pair] = sxx;
    this.syy[pair] = syy;
    this.sxy[pair] = sxy;
  }

  /** What the pair holds is replaced by these points: centred columns and the sum of their products. */
  setCentred(pair: number, x: CentredColumn, y: CentredColumn, product: number): void {
    this.count[pair] = x.count;
    this.#firstX[pair] = x.first;
    this.#firstY[pair] = y.first;
    this.#offsetX[pair] = x.offset;
    this.#offsetY[pair] = y.offset;
    this.sxx[pair] = x.square;
    this.syy[pair] = y.square;
    this.sxy[pair] = product;
  }

  /** Adds the points of the same pair in `other`, which stays as it is. */
  merge(pair: number, other: CoMoments): void {
    const added = other.count[pair]!;
    if (added === 0) return;
    const before = this.count[pair]!;
    if (before === 0) {
      this.#copy(pair, other);
      return;
    }
    const n = before + added;
    const deltaX = other.#firstX[pair]! - this.#firstX[pair]! + (other.#offsetX[pair]! - this.#offsetX[pair]!);
    const deltaY = other.#firstY[pair]! - this.#firstY[pair]! + (other.#offsetY[pair]! - this.#offsetY[pair]!);
    const part = added / n;
    const weight = before * part;
    this.count[pair] = n;
    this.#offsetX[pair]! += deltaX * part;
    this.#offsetY[pair]! += deltaY * part;
    this.sxx[pair]! += other.sxx[pair]! + deltaX * deltaX * weight;
    this.syy[pair]! += other.syy[pair]! + deltaY * deltaY * weight;
    this.sxy[pair]! += other.sxy[pair]! + deltaX * deltaY * weight;
  }

  #copy(pair: number, other: CoMoments): void {
    this.count[pair] = other.count[pair]!;
    this.#firstX[pair] = other.#firstX[pair]!;
    this.#firstY[pair] = other.#firstY[pair]!;
    this.#offsetX[pair] = other.#offsetX[pair]!;
    this.#offsetY[pair] = other.#offsetY[pair]!;
    this.sxx[pair] = other.sxx[pair]!;
    this.syy[pair] = other.syy[pair]!;
    this.sxy[pair] = other.sxy[pair]!;
  }
}

const one = new Float64Array(2);
