import type { Random } from './random.ts';

/**
 * A service time of this mean and squared coefficient of variation: exponential for 1, Erlang-2 below, above it a mixture
 * of two exponential phases with balanced means (each carries half of the load).
 */
export function serviceTimeS(random: Random, meanS: number, cv2: number): number {
  if (cv2 === 1) return random.exponential(meanS);
  if (cv2 < 1) return random.exponential(meanS / 2) + random.exponential(meanS / 2);
  const likelyPhase = (1 + Math.sqrt((cv2 - 1) / (cv2 + 1))) / 2;
  const phase = random.uniform() < likelyPhase ? likelyPhase : 1 - likelyPhase;
  return random.exponential(meanS / (2 * phase));
}
