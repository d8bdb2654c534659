import { correlationFigures } from '../../schemas/blocks.ts';
import type { CoMoments } from './co-moments.ts';

/** Place of each figure. */
const at = Object.fromEntries(correlationFigures.map((name, place) => [name, place])) as {
  readonly [figure in (typeof correlationFigures)[number]]: number;
};

/** What successive points of a pair owe to each other; see `SerialDependence`. NaN = cannot be told. */
export interface PairDependence {
  /** n times the variance of atanh r. */
  readonly inflationR: number;
  /** Share of the error's variance that the window shows, over that of x. */
  readonly shownRatio: number;
  /** Quantile 0.975 of Student's distribution with the degrees of freedom of the variances. */
  readonly quantile: number;
  /** Half of the slope's interval, in standard errors of the slope of independent points. */
  readonly wideningSlope: number;
  readonly lagS: number;
}

/** Fewer points have no correlation: two always lie on a line. */
const pointsMin = 3;

/**
 * Least squares of y on x, from co-moments: `put(place, value)` for each of `correlationFigures`.
 * `n_eff` is the number of independent points whose r would be as uncertain, 2 + 1 / variance of atanh r, between 2 and n.
 * Deviations are divided by n − 1, those of residuals by n − 2. r and its intervals are undefined for a constant series and
 * under three points; the slope for a constant x; both intervals under five points and where their variance has fewer than
 * three degrees of freedom. Both are Student's: of atanh r around its value for series with the variances that a long
 * window would show, and of the slope.
 */
export function regressionFigures(
  moments: CoMoments,
  pair: number,
  { inflationR, shownRatio, quantile, wideningSlope, lagS }: PairDependence,
  put: (figure: number, value: number) => void,
): void {
  const n = moments.count[pair]!;
  const sxx = moments.sxx[pair]!;
  const syy = moments.syy[pair]!;
  const sxy = moments.sxy[pair]!;
  const meanX = moments.meanX(pair);
  const meanY = moments.meanY(pair);
  const slope = n >= pointsMin && sxx > 0 ? sxy / sxx : Number.NaN;
  const r = n >= pointsMin && sxx > 0 && syy > 0 ? within(-1, sxy / Math.sqrt(sxx) / Math.sqrt(syy), 1) : Number.NaN;
  const residualSd = Math.sqrt(Math.max(0, syy - slope * sxy) / (n - 2));
  const halfSlope = (wideningSlope * residualSd) / Math.sqrt(sxx);
  const middleZ = Math.asinh((r / Math.sqrt(1 - r * r)) * Math.sqrt(shownRatio));
  // As wide as the correction stretches r there: with r = 0 the interval holds 0 just when the slope's does.
  const stretch = Math.sqrt(shownRatio / (1 - r * r + r * r * shownRatio));
  const halfZ = quantile * Math.sqrt(inflationR / n) * stretch;
  put(at.n, n);
  put(at.n_eff, Number.isNaN(r) ? Number.NaN : within(2, 2 + n / inflationR, n));
  put(at.r, r);
  put(at.slope, slope);
  put(at.intercept, meanY - slope * meanX);
  put(at.r2, r * r);
  put(at.residual_sd, residualSd);
  put(at.mean_x, meanX);
  put(at.sd_x, n >= 2 ? Math.sqrt(sxx / (n - 1)) : Number.NaN);
  put(at.mean_y, meanY);
  put(at.sd_y, n >= 2 ? Math.sqrt(syy / (n - 1)) : Number.NaN);
  put(at.lag_s, Number.isNaN(r) ? Number.NaN : lagS);
  put(at.r_lo, Math.tanh(middleZ - halfZ));
  put(at.r_hi, Math.tanh(middleZ + halfZ));
  put(at.slope_lo, slope - halfSlope);
  put(at.slope_hi, slope + halfSlope);
}

/** NaN stays NaN. */
const within = (low: number, value: number, high: number): number => Math.min(Math.max(low, value), high);
