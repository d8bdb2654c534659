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
  /** The same of the gaps between arrivals: 1 = at random (Poisson), near 0 = in turn (round robin over many hosts). */
  readonly arrivalCv2: number;
}

/** The definition of capacity: hits/s at which the mean wait is this much over the baseline. */
export const capacityContentionMs = 100;

/** Contention in ms for kappa = 1; infinite from saturation on, 0 without load. */
export function contentionShapeMs(
  { saturationHitsPerS, servers, serviceCv2, arrivalCv2 }: ContentionShape,
  hitsPerS: number,
): number {
  const utilization = hitsPerS / saturationHitsPerS;
  if (utilization >= 1) return Number.POSITIVE_INFINITY;
  if (utilization <= 0) return 0;
  const alike = servers / peakedness(arrivalCv2, serviceCv2);
  const exponential = waitProbability(alike, utilization) / (saturationHitsPerS * (1 - utilization));
  // Cosmetatos: how much longer than half of M/M/k's wait is that of M/D/k; Kimura interpolates between the two.
  const regular =
    1 + ((1 - utilization) * (servers - 1) * (Math.sqrt(4 + 5 * servers) - 2)) / (16 * utilization * servers);
  return (1_000 * exponential) / (serviceCv2 + (1 - serviceCv2) / regular);
}

/**
 * Variance ÷ mean of the hits in service if none ever waited (Eckberg 1983): below 1 where arrivals are more regular than
 * Poisson. In heavy traffic (Halfin and Whitt 1981, Whitt 2004) so few hits wait as if there were servers ÷ peakedness
 * servers at the same utilization. The integral of the squared tail of service times is that of two balanced phases:
 * 1/2 for exponential ones. Against simulated queues (4 to 32 servers, cv² 0.5 to 4, in turn over 12 to 100 hosts) λ100
 * read off from 30 ms is wrong by at most 0.4 %, instead of 2 % with the shape of Poisson arrivals.
 */
const peakedness = (arrivalCv2: number, serviceCv2: number): number =>
  1 - (1 - arrivalCv2) * (1 / 4 + 1 / (2 * (1 + serviceCv2)));

/** Erlang C; between whole numbers of servers its logarithm goes straight. */
function waitProbability(servers: number, utilization: number): number {
  const whole = Math.floor(servers);
  const beyond = servers - whole;
  const below = erlangC(whole, utilization);
  return beyond === 0 ? below : below ** (1 - beyond) * erlangC(whole + 1, utilization) ** beyond;
}

/** From B by its recursion, which neither overflows nor loses digits. */
function erlangC(servers: number, utilization: number): number {
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

/** The mean of T seconds of contention w of one host has variance relaxationFactor × κ × τ × w² / T. */
export const relaxationFactor = 2.7;

/**
 * Seconds after which a queue has forgotten a change of load: 1 / (C (1 − √rho)²), the relaxation time of M/M/k.
 * The mean of T seconds has a variance of about 2.7 τ contention² / T (simulated for VSS to SNB: 2.4 to 3.0).
 */
export function relaxationS(hitsPerS: number, saturationHitsPerS: number): number {
  const utilization = Math.min(0.999, hitsPerS / saturationHitsPerS);
  return 1 / (saturationHitsPerS * (1 - Math.sqrt(utilization)) ** 2);
}
