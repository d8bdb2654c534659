/**
 * Contention of one host as a function of its load: contention = kappa × shape(load). The shape is the mean wait of
 * M/M/k (Erlang C), bent in light traffic as Kimura (1986) says for service times of this cv². kappa = (cv² of arrivals
 * + cv² of service) / 2 in theory (Allen and Cunneen); fitted here. Sakasegawa's closed form is quicker, but says too
 * much at little contention (3 % of the load at 30 ms with 8 servers): kappa came out too low and capacity too high.
 */
export interface ContentionCurve extends ContentionShape {
  readonly kappa: number;
}

export interface ContentionShape {
  /** C: hits/s at which the resource that limits is always busy. */
  readonly saturationHitsPerS: number;
  /** k: hits that are served at the same time, the logical CPUs of a host. */
  readonly servers: number;
  /** Squared coefficient of variation of service times; 1 = exponential, which leaves the shape of M/M/k as it is. */
  readonly serviceCv2: number;
}

/** The definition of capacity: hits/s at which the mean wait is this much over the baseline. */
export const capacityContentionMs = 100;

/** Contention in ms for kappa = 1; infinite from saturation on, 0 without load. */
export function contentionShapeMs(
  { saturationHitsPerS, servers, serviceCv2 }: ContentionShape,
  hitsPerS: number,
): number {
  const utilization = hitsPerS / saturationHitsPerS;
  if (utilization >= 1) return Number.POSITIVE_INFINITY;
  if (utilization <= 0) return 0;
  const exponential = waitProbability(servers, utilization) / (saturationHitsPerS * (1 - utilization));
  // Cosmetatos: how much longer than half of M/M/k's wait is that of M/D/k; Kimura interpolates between the two.
  const regular =
    1 + ((1 - utilization) * (servers - 1) * (Math.sqrt(4 + 5 * servers) - 2)) / (16 * utilization * servers);
  return (1_000 * exponential) / (serviceCv2 + (1 - serviceCv2) / regular);
}

/** Erlang C, from B by its recursion, which neither overflows nor loses digits. */
function waitProbability(servers: number, utilization: number): number {
  const offered = utilization * servers;
  let blocking = 1;
  for (let n = 1; n <= servers; n++) blocking = (offered * blocking) / (n + offered * blocking);
  return blocking / (1 - utilization * (1 - blocking));
}

export const contentionMsAt = (curve: ContentionCurve, hitsPerS: number): number =>
  curve.kappa * contentionShapeMs(curve, hitsPerS);

/** Load at which the curve reaches `contentionMs`: its inverse, between 0 and saturation. */
export function loadAtContention(curve: ContentionCurve, contentionMs: number): number {
  let low = 0;
  let high = curve.saturationHitsPerS;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (contentionMsAt(curve, middle) < contentionMs) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Seconds after which a queue has forgotten a change of load: 1 / (C (1 − √rho)²), the relaxation time of M/M/k.
 * The mean of T seconds has a variance of about 2.7 τ contention² / T (simulated for VSS to SNB: 2.4 to 3.0).
 */
export function relaxationS(hitsPerS: number, saturationHitsPerS: number): number {
  const utilization = Math.min(0.999, hitsPerS / saturationHitsPerS);
  return 1 / (saturationHitsPerS * (1 - Math.sqrt(utilization)) ** 2);
}
