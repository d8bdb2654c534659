/** Probability of `count` or more events where `mean` are expected. */
export function poissonTail(count: number, mean: number): number {
  if (count <= 0) return 1;
  if (mean <= 0) return 0;
  // From the term of `count` upwards: below it terms do not matter, above it they shrink once past the mean.
  let term = Math.exp(-mean);
  for (let n = 1; n <= count; n++) term *= mean / n;
  let tail = 0;
  for (let n = count; term > 1e-18 * tail || n <= mean; n++) {
    tail += term;
    term *= mean / (n + 1);
  }
  return Math.min(1, tail);
}
