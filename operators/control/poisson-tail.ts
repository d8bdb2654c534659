/** Probability of `count` or more events where `mean` are expected. */
export function poissonTail(count: number, mean: number): number {
  if (count <= 0) return 1;
  if (mean <= 0) return 0;
  let logTerm = -mean;
  for (let n = 1; n <= count; n++) logTerm += Math.log(mean / n);
  // Terms are added upwards from that of `count`: past the mean they shrink.
  let tail = 0;
  for (let n = count; ; n++) {
    const term = Math.exp(logTerm);
    tail += term;
    if (n > mean && term <= 1e-17 * tail) return Math.min(1, tail);
    logTerm += Math.log(mean / (n + 1));
  }
}
