/** A square matrix of doubles, row by row. */
export interface SquareMatrix {
  readonly size: number;
  readonly cells: Float64Array;
}

export const zeros = (size: number): SquareMatrix => ({ size, cells: new Float64Array(size * size) });

export function identity(size: number): SquareMatrix {
  const result = zeros(size);
  for (let i = 0; i < size; i++) result.cells[i * size + i] = 1;
  return result;
}

export function add(a: SquareMatrix, b: SquareMatrix, factorOfB = 1): SquareMatrix {
  return { size: a.size, cells: a.cells.map((cell, i) => cell + factorOfB * b.cells[i]!) };
}

export function times(a: SquareMatrix, b: SquareMatrix): SquareMatrix {
  const { size } = a;
  const result = zeros(size);
  for (let row = 0; row < size; row++) {
    for (let inner = 0; inner < size; inner++) {
      const factor = a.cells[row * size + inner]!;
      if (factor === 0) continue;
      for (let column = 0; column < size; column++) {
        result.cells[row * size + column]! += factor * b.cells[inner * size + column]!;
      }
    }
  }
  return result;
}

/** vector × matrix; the vector is a row. */
export function rowTimes(row: Float64Array, matrix: SquareMatrix): Float64Array {
  const { size, cells } = matrix;
  const result = new Float64Array(size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) result[j]! += row[i]! * cells[i * size + j]!;
  return result;
}

/** a⁻¹ × b by Gaussian elimination with partial pivoting; both stay as they are. */
export function solve(a: SquareMatrix, b: SquareMatrix): SquareMatrix {
  const { size } = a;
  const left = a.cells.slice();
  const right = b.cells.slice();
  for (let column = 0; column < size; column++) {
    swapRows({ left, right, size, column, pivot: pivotOf(left, size, column) });
    const pivot = left[column * size + column]!;
    for (let row = 0; row < size; row++) {
      const factor = row === column ? 0 : left[row * size + column]! / pivot;
      if (factor === 0) continue;
      for (let k = column; k < size; k++) left[row * size + k]! -= factor * left[column * size + k]!;
      for (let k = 0; k < size; k++) right[row * size + k]! -= factor * right[column * size + k]!;
    }
  }
  for (let row = 0; row < size; row++) {
    const pivot = left[row * size + row]!;
    for (let k = 0; k < size; k++) right[row * size + k]! /= pivot;
  }
  return { size, cells: right };
}

function pivotOf(cells: Float64Array, size: number, column: number): number {
  let best = column;
  for (let row = column + 1; row < size; row++) {
    if (Math.abs(cells[row * size + column]!) > Math.abs(cells[best * size + column]!)) best = row;
  }
  return best;
}

interface Swap {
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly size: number;
  readonly column: number;
  readonly pivot: number;
}

function swapRows({ left, right, size, column, pivot }: Swap): void {
  if (pivot === column) return;
  for (const cells of [left, right]) {
    const kept = cells.slice(column * size, (column + 1) * size);
    cells.copyWithin(column * size, pivot * size, (pivot + 1) * size);
    cells.set(kept, pivot * size);
  }
}
