import type { NaturalSecond } from '../../operators/capacity/natural-load.ts';
import { HitQueue } from '../../simulate/hit-queue.ts';
import { InTurn } from '../../simulate/loadtest/in-turn.ts';
import { trueLambda100, type WorldOptions } from '../../simulate/loadtest/world-options.ts';
import { Random } from '../../simulate/random.ts';

/** Load of a tier wanders by so much (standard deviation), forgetting within so many seconds, over its daily wave. */
const wanderSd = 0.005;
const wanderS = 120;

export interface NaturalWorld extends WorldOptions {
  /** Lowest and highest natural load of a host over the day, as a share of its λ100. */
  readonly lowShare: number;
  readonly highShare: number;
  /** A day may be shorter than 86,400 s: queues forget within seconds. */
  readonly daySeconds: number;
  /** How much more CPU time a hit costs at the top of the wave than at its foot: 0.03 = 3 %. */
  readonly dearerByDay: number;
}

/** Hosts that nobody tests: exact queues under the tier's own daily wave. The same options give the same seconds. */
export class NaturalHosts {
  readonly lambda100: number;
  readonly #world: NaturalWorld;
  readonly #queues: readonly HitQueue[];
  readonly #random: Random;
  readonly #inTurn: InTurn | undefined;
  readonly #phase: number;
  #wander = 0;
  #elapsedS = 0;

  constructor(world: NaturalWorld) {
    this.#world = world;
    this.lambda100 = trueLambda100(world);
    this.#random = new Random(world.seed, 0);
    this.#inTurn = world.arrivals === 'in_turn' ? new InTurn(new Random(world.seed, 100), world.panelHosts) : undefined;
    this.#phase = 2 * Math.PI * this.#random.uniform();
    this.#queues = Array.from(
      { length: world.panelHosts },
      (_, host) =>
        new HitQueue({
          servers: world.effectiveCpus,
          meanServiceS: world.serviceMs / 1_000,
          cv2: world.cv2,
          fixedMs: world.baselineMs,
          random: new Random(world.seed, host + 1),
        }),
    );
  }

  next(): { readonly timeMs: number; readonly seconds: NaturalSecond[] } {
    const { lowShare, highShare, daySeconds, dearerByDay, effectiveCpus, logicalCpus, backgroundRatio, startMs } =
      this.#world;
    const kept = Math.exp(-1 / wanderS);
    this.#wander = kept * this.#wander + wanderSd * Math.sqrt(1 - kept ** 2) * this.#random.normal();
    const wave = Math.sin((2 * Math.PI * this.#elapsedS) / daySeconds + this.#phase);
    const share = (lowShare + highShare) / 2 + ((highShare - lowShare) / 2) * wave;
    const offered = share * this.lambda100 * (1 + this.#wander);
    const slowness = 1 + (dearerByDay * wave) / 2;
    this.#elapsedS++;
    const { tierHosts } = this.#world;
    const inTurn = this.#inTurn?.second(
      offered * tierHosts,
      this.#queues.map(() => 1 / tierHosts),
    );
    const seconds = this.#queues.map((queue, host) => {
      const { completed, durationAvgMs, busyRatio } =
        inTurn === undefined ? queue.advance(offered, slowness) : queue.serve(inTurn[host]!, slowness);
      return {
        host: `h${host}`,
        hitsPerS: completed,
        durationMs: completed === 0 ? undefined : durationAvgMs,
        busyRatio: Math.min(1, backgroundRatio + (busyRatio * effectiveCpus) / logicalCpus),
      };
    });
    return { timeMs: startMs + 1_000 * this.#elapsedS, seconds };
  }
}
