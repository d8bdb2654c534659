import type { Weights } from '../../../schemas/weight-state.ts';

/**
 * What the safe weights of a pool are, as whoever reads the log and the balancer knows: the file's, or those of the last
 * step between tests that was acknowledged. While a step was written and not acknowledged, either may be.
 */
export class SafeBook {
  #known: readonly Weights[];
  hasMoved = false;

  constructor(first: Weights) {
    this.#known = [first];
  }

  /** A step between tests stands in the balancer. */
  written(weights: Weights): void {
    this.hasMoved = true;
    this.#known = [...this.#known, this.#withoutDrained(weights)];
  }

  /** And it was acknowledged, while nothing forbade to keep it. */
  kept(weights: Weights): void {
    this.#known = [this.#withoutDrained(weights)];
  }

  /** The adapter went back: it did so to its own. `apart` = servers at which somebody was a moment ago. */
  reverted(weights: Weights, apart: ReadonlySet<string>): void {
    const matching = this.#known.filter((known) => areSame(known, weights, apart));
    if (matching.length > 0) this.#known = matching;
  }

  areSafe(weights: Weights, apart: ReadonlySet<string>): boolean {
    return this.#known.some((known) => areSame(known, weights, apart));
  }

  isOver(server: string, weight: number): boolean {
    return this.#known.every((known) => weight > known.get(server)!);
  }

  /** The least that a server had for safe. */
  leastOf(server: string): number {
    return Math.min(...this.#known.map((known) => known.get(server)!));
  }

  /** A drained server keeps the safe weight that it had. */
  #withoutDrained(weights: Weights): Weights {
    const last = this.#known.at(-1)!;
    return new Map([...weights].map(([server, weight]) => [server, weight === 0 ? last.get(server)! : weight]));
  }
}

const areSame = (known: Weights, weights: Weights, apart: ReadonlySet<string>): boolean =>
  [...weights].every(([server, weight]) => apart.has(server) || weight === known.get(server));
