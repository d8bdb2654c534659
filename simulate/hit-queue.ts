import type { Random } from './random.ts';
import { serviceTimeS } from './service-time.ts';

/** What the hits of one second were like. One object, written anew each second. */
export interface SecondOfHits {
  /** Hits that were completed in this second: rows are by completion time. */
  completed: number;
  /** Hits refused because too many were waiting. */
  refused: number;
  /** Share of the CPUs' time that was spent in hits. */
  busyRatio: number;
  /** Means over the completed hits; NaN when there were none. */
  durationAvgMs: number;
  serviceAvgMs: number;
  waitAvgMs: number;
  /** Time that hits spent waiting for a CPU within this second, ms. */
  waitingMs: number;
  /** Durations of the completed hits, ascending; valid until the next second. */
  durationsMs: Float64Array;
}

export interface HitQueueOptions {
  /** Logical CPUs: each serves one hit at a time. */
  readonly servers: number;
  readonly meanServiceS: number;
  /** Squared coefficient of variation of the service time: 1 exponential, < 1 Erlang-2, > 1 two-phase hyperexponential. */
  readonly cv2: number;
  /** Part of the duration that is neither service nor waiting for a CPU: network, back ends. */
  readonly fixedMs: number;
  readonly random: Random;
}

/** More than this many hits at once and the rest is refused, so that an overloaded host stays bounded. */
const hitsMax = 4_096;

/**
 * One host as an exact M/G/k queue, first come first served, driven by events: each hit takes the CPU that is free
 * first. Cheap enough for the web tier, whose latency has to be right; other tiers use a closed form.
 */
export class HitQueue {
  readonly #options: HitQueueOptions;
  readonly #freeAtS: Float64Array;
  /** Hits that have arrived and are not yet completed. */
  readonly #arrivedS = new Float64Array(hitsMax);
  readonly #startS = new Float64Array(hitsMax);
  readonly #endS = new Float64Array(hitsMax);
  readonly #durationsMs = new Float64Array(hitsMax);
  #hits = 0;
  #nowS = 0;
  readonly #second: SecondOfHits = {
    completed: 0,
    refused: 0,
    busyRatio: 0,
    durationAvgMs: Number.NaN,
    serviceAvgMs: Number.NaN,
    waitAvgMs: Number.NaN,
    waitingMs: 0,
    durationsMs: new Float64Array(0),
  };

  constructor(options: HitQueueOptions) {
    this.#options = options;
    this.#freeAtS = new Float64Array(options.servers);
  }

  /** The next second with so many hits offered per second, at random; `slowness` stretches service times (1 = as built). */
  advance(offeredPerS: number, slowness: number): SecondOfHits {
    return this.serve(offeredPerS <= 0 ? [] : this.#atRandom(1 / offeredPerS), slowness);
  }

  /** The next second with these arrivals, ascending, in seconds since it began. */
  serve(arrivalsS: Iterable<number>, slowness: number): SecondOfHits {
    const untilS = this.#nowS + 1;
    this.#second.refused = 0;
    for (const afterS of arrivalsS) {
      if (this.#hits === hitsMax) this.#second.refused++;
      else this.#admit(this.#nowS + afterS, this.#serviceS() * slowness);
    }
    this.#account(this.#nowS, untilS);
    this.#complete(untilS);
    this.#nowS = untilS;
    return this.#second;
  }

  /** Poisson arrivals have no memory: each second may start its gaps anew. */
  *#atRandom(meanGapS: number): Generator<number> {
    const { random } = this.#options;
    for (let atS = random.exponential(meanGapS); atS < 1; atS += random.exponential(meanGapS)) yield atS;
  }

  #admit(atS: number, serviceS: number): void {
    const freeAtS = this.#freeAtS;
    let first = 0;
    for (let cpu = 1; cpu < freeAtS.length; cpu++) if (freeAtS[cpu]! < freeAtS[first]!) first = cpu;
    const startS = Math.max(atS, freeAtS[first]!);
    freeAtS[first] = startS + serviceS;
    this.#arrivedS[this.#hits] = atS;
    this.#startS[this.#hits] = startS;
    this.#endS[this.#hits] = startS + serviceS;
    this.#hits++;
  }

  #serviceS(): number {
    const { meanServiceS, cv2, random } = this.#options;
    return serviceTimeS(random, meanServiceS, cv2);
  }

  /** CPU time and waiting time that fall into the second, of completed and of open hits. */
  #account(fromS: number, untilS: number): void {
    let busyS = 0;
    let waitingS = 0;
    for (let hit = 0; hit < this.#hits; hit++) {
      busyS += overlap(this.#startS[hit]!, this.#endS[hit]!, fromS, untilS);
      waitingS += overlap(this.#arrivedS[hit]!, this.#startS[hit]!, fromS, untilS);
    }
    // The sum of ≤ k intervals may exceed k by a rounding error.
    this.#second.busyRatio = Math.min(1, busyS / this.#options.servers);
    this.#second.waitingMs = waitingS * 1_000;
  }

  #complete(untilS: number): void {
    let kept = 0;
    let completed = 0;
    let serviceS = 0;
    let waitS = 0;
    for (let hit = 0; hit < this.#hits; hit++) {
      if (this.#endS[hit]! <= untilS) {
        waitS += this.#startS[hit]! - this.#arrivedS[hit]!;
        serviceS += this.#endS[hit]! - this.#startS[hit]!;
        this.#durationsMs[completed++] = this.#options.fixedMs + (this.#endS[hit]! - this.#arrivedS[hit]!) * 1_000;
      } else {
        this.#arrivedS[kept] = this.#arrivedS[hit]!;
        this.#startS[kept] = this.#startS[hit]!;
        this.#endS[kept++] = this.#endS[hit]!;
      }
    }
    this.#hits = kept;
    this.#summarize(completed, serviceS, waitS);
  }

  #summarize(completed: number, serviceS: number, waitS: number): void {
    const second = this.#second;
    second.completed = completed;
    second.serviceAvgMs = completed === 0 ? Number.NaN : (serviceS / completed) * 1_000;
    second.waitAvgMs = completed === 0 ? Number.NaN : (waitS / completed) * 1_000;
    second.durationAvgMs = this.#options.fixedMs + second.serviceAvgMs + second.waitAvgMs;
    second.durationsMs = this.#durationsMs.subarray(0, completed).sort();
  }
}

const overlap = (startS: number, endS: number, fromS: number, untilS: number): number =>
  Math.max(0, Math.min(endS, untilS) - Math.max(startS, fromS));
