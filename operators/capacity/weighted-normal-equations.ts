/** One observation of a linear model. */
export interface LinearRow {
  readonly x: readonly number[];
  readonly y: number;
  readonly weight: number;
}

/** Xᵀ W X and Xᵀ W y. */
export interface NormalEquations {
  readonly matrix: readonly (readonly number[])[];
  readonly right: readonly number[];
}

export function normalEquations(rows: readonly LinearRow[]): NormalEquations {
  const size = rows[0]?.x.length ?? 0;
  const places = Array.from({ length: size }, (_, i) => i);
  const sum = (term: (row: LinearRow) => number): number =>
    rows.reduce((total, row) => total + row.weight * term(row), 0);
  return {
    matrix: places.map((i) => places.map((j) => sum(({ x }) => x[i]! * x[j]!))),
    right: places.map((i) => sum(({ x, y }) => x[i]! * y)),
  };
}

export interface Solution {
  readonly solution: readonly number[];
  readonly inverse: readonly (readonly number[])[];
}

/** Below this share of its own square a column is what the others already say. */
const pivotMin = 1e-14;

/**
 * Solution and inverse by Cholesky's factors, after scaling the diagonal to 1 so that coefficients of very different
 * size keep their digits; then `damping` is added to it (Levenberg, Marquardt). undefined where columns depend on each
 * other.
 */
export function solveSymmetric({ matrix, right }: NormalEquations, damping = 0): Solution | undefined {
  const size = right.length;
  const scale = matrix.map((row, i) => Math.sqrt(row[i]!));
  if (scale.some((one) => !(one > 0 && Number.isFinite(one)))) return undefined;
  const lower = matrix.map(() => new Array<number>(size).fill(0));
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]![j]! / scale[i]! / scale[j]! + (i === j ? damping : 0);
      for (let k = 0; k < j; k++) rest -= lower[i]![k]! * lower[j]![k]!;
      if (i === j && !(rest > pivotMin)) return undefined;
      lower[i]![j] = i === j ? Math.sqrt(rest) : rest / lower[j]![j]!;
    }
  const solve = (vector: readonly number[]): number[] => backward(lower, forward(lower, vector));
  const solution = solve(right.map((value, i) => value / scale[i]!)).map((value, i) => value / scale[i]!);
  const inverse = right.map((_, column) =>
    solve(right.map((__, i) => (i === column ? 1 : 0))).map((value, i) => value / scale[i]! / scale[column]!),
  );
  return { solution, inverse };
}

function forward(lower: readonly (readonly number[])[], vector: readonly number[]): number[] {
  const found: number[] = [];
  for (const [i, row] of lower.entries()) {
    let rest = vector[i]!;
    for (let k = 0; k < i; k++) rest -= row[k]! * found[k]!;
    found.push(rest / row[i]!);
  }
  return found;
}

function backward(lower: readonly (readonly number[])[], vector: readonly number[]): number[] {
  const found = [...vector];
  for (let i = lower.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < lower.length; k++) found[i]! -= lower[k]![i]! * found[k]!;
    found[i]! /= lower[i]![i]!;
  }
  return found;
}
