import { createHash } from 'node:crypto';
import type { ServerWeight } from './weight-records.ts';

/** Weights of a pool by server name. */
export type Weights = ReadonlyMap<string, number>;

/**
 * What compare-and-set compares: the first 16 hexadecimal digits of SHA-256 over `server=weight` lines in ascending
 * order of the names' bytes. Controller and adapter compute it from the same weights, in whatever order they have them.
 */
export function stateHashOf(weights: Weights): string {
  const lines = serverWeights(weights).map(({ server, weight }) => `${server}=${weight}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 16);
}

/** As the messages carry them, in order of the names. */
export const serverWeights = (weights: Weights): ServerWeight[] =>
  [...weights].sort(([a], [b]) => compareBytes(a, b)).map(([server, weight]) => ({ server, weight }));

export const weightsOf = (list: readonly ServerWeight[]): Weights =>
  new Map(list.map(({ server, weight }) => [server, weight]));

export const sameWeights = (a: Weights, b: Weights): boolean =>
  a.size === b.size && [...a].every(([server, weight]) => b.get(server) === weight);

const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
