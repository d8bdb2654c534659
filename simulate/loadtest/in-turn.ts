import type { Random } from '../random.ts';

/**
 * A load balancer that gives hits to its servers in turn, by weight. Users come at random; each server gets every so-manieth
 * of them, which is far more even than users are.
 */
export class InTurn {
  readonly #random: Random;
  /** What is due to each server, in hits. */
  readonly #due: number[];

  constructor(random: Random, servers: number) {
    this.#random = random;
    this.#due = Array.from({ length: servers }, () => random.uniform());
  }

  /** Arrivals of the next second at each of these servers, in seconds since it began. */
  second(poolHitsPerS: number, shares: readonly number[]): number[][] {
    const arrivals = shares.map((): number[] => []);
    const meanGapS = 1 / poolHitsPerS;
    for (let atS = this.#random.exponential(meanGapS); atS < 1; atS += this.#random.exponential(meanGapS)) {
      for (const [server, share] of shares.entries()) {
        this.#due[server]! += share;
        if (this.#due[server]! < 1) continue;
        this.#due[server]! -= 1;
        arrivals[server]!.push(atS);
      }
    }
    return arrivals;
  }
}
