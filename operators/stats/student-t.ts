/** Quantile 0.975 of the normal distribution. */
const z975 = 1.959963984540054;
/** With fewer degrees of freedom the expansion is too low, by 0.7 % with 2 and by more below. */
const freedomMin = 3;

/** Two-sided 95 % quantile of Student's t, also for broken degrees of freedom. Fewer than 3 are counted as 3. */
export const studentT95 = (degreesOfFreedom: number): number => studentT(z975, degreesOfFreedom);

/** The same, but NaN with fewer than 3 degrees of freedom: where no interval is better than one that is too narrow. */
export const studentT95OrNaN = (degreesOfFreedom: number): number =>
  degreesOfFreedom >= freedomMin ? studentT95(degreesOfFreedom) : Number.NaN;

/**
 * Quantile of t where the normal distribution has its quantile `z`, by the expansion of Cornish and Fisher around it
 * (Abramowitz and Stegun 26.7.5): at 95 % within 0.2 % from 3 degrees of freedom on. Fewer are counted as 3.
 */
export function studentT(z: number, degreesOfFreedom: number): number {
  const n = Math.max(freedomMin, degreesOfFreedom);
  const z2 = z * z;
  const g1 = (z * (z2 + 1)) / 4;
  const g2 = (z * ((5 * z2 + 16) * z2 + 3)) / 96;
  const g3 = (z * (((3 * z2 + 19) * z2 + 17) * z2 - 15)) / 384;
  const g4 = (z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945)) / 92_160;
  return z + (((g4 / n + g3) / n + g2) / n + g1) / n;
}
