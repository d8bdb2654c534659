import { HitQueue, type SecondOfHits } from '../hit-queue.ts';
import { meanWaitApproxS } from '../queueing.ts';
import { Random } from '../random.ts';
import { InTurn } from './in-turn.ts';
import type { HostRow, RestRow, TierTelemetry, TierTruth } from './tier-telemetry.ts';
import { offeredHitsPerS, trueLambda100, type WorldFault, type WorldOptions } from './world-options.ts';

/** Errors that a healthy tier has. */
const errorRatio = 0.001;
/** Load of a tier wanders by so much (standard deviation), forgetting within so many seconds, over a daily wave. */
const wanderSd = 0.005;
const wanderS = 120;
const dailyAmplitude = 0.3;
const daySeconds = 86_400;
/** Hosts are up for a day when the simulation starts. */
const uptimeS = 86_400;

type FaultOf<K extends WorldFault['kind']> = Extract<WorldFault, { readonly kind: K }>;

/**
 * A tier behind a load balancer: each host of the panel is an exact M/G/k queue, the rest of the tier a closed form of
 * the same hosts. One call a second, in virtual time; the same options give the same seconds.
 */
export class SimulatedTier {
  readonly lambda100: number;
  readonly panelNames: readonly string[];
  readonly #options: WorldOptions;
  readonly #queues: readonly HitQueue[];
  readonly #random: Random;
  readonly #dayPhase: number;
  readonly #offeredHitsPerS: number;
  readonly #inTurn: InTurn | undefined;
  #wander = 0;
  #elapsedS = 0;
  #truth: TierTruth = { panelHits: 0, panelWaitMs: 0 };
  #late: HostRow[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    this.lambda100 = trueLambda100(options);
    this.#offeredHitsPerS = offeredHitsPerS(options);
    this.#random = new Random(options.seed, 0);
    this.#inTurn =
      options.arrivals === 'in_turn' ? new InTurn(new Random(options.seed, 100), options.panelHosts) : undefined;
    this.#dayPhase = 2 * Math.PI * this.#random.uniform();
    this.panelNames = Array.from({ length: options.panelHosts }, (_, i) =>
      `${options.generation}-${i + 1}`.toLowerCase(),
    );
    this.#queues = this.panelNames.map(
      (_, host) =>
        new HitQueue({
          servers: options.effectiveCpus,
          meanServiceS: options.serviceMs / 1_000,
          cv2: options.cv2,
          fixedMs: options.baselineMs,
          random: new Random(options.seed, host + 1),
        }),
    );
  }

  /** Truth about the second that `next` gave last. */
  get truth(): TierTruth {
    return this.#truth;
  }

  /** True λ100 now: a deploy may have changed it. */
  get lambda100Now(): number {
    const deploy = this.#active('deploy');
    return deploy === undefined ? this.lambda100 : trueLambda100(this.#options, deploy.slowness);
  }

  /** The next second under these weights of the panel's hosts, relative to a weight of 100 of each other host. */
  next(panelWeights: readonly number[]): TierTelemetry {
    const { tierHosts, panelHosts, startMs } = this.#options;
    const timeMs = startMs + (this.#elapsedS + 1) * 1_000;
    const offered = this.#offered();
    const panelWeight = panelWeights.reduce((sum, weight) => sum + weight, 0);
    const perWeight = offered / (panelWeight + 100 * (tierHosts - panelHosts));
    const truth = { panelHits: 0, panelWaitMs: 0 };
    const inTurn = this.#inTurn?.second(
      offered,
      panelWeights.map((weight) => (perWeight * weight) / offered),
    );
    const rows = this.#queues.map((queue, host) => {
      const slowness = this.#slowness(host);
      const second =
        inTurn === undefined
          ? queue.advance(perWeight * panelWeights[host]!, slowness)
          : queue.serve(inTurn[host]!, slowness);
      truth.panelHits += second.completed;
      truth.panelWaitMs += second.completed === 0 ? 0 : second.completed * second.waitAvgMs;
      return this.#row(host, second, timeMs);
    });
    this.#truth = truth;
    const telemetry = { timeMs, panel: this.#delivered(rows), rest: this.#rest(perWeight * 100) };
    this.#elapsedS++;
    return telemetry;
  }

  #offered(): number {
    const kept = Math.exp(-1 / wanderS);
    this.#wander = kept * this.#wander + wanderSd * Math.sqrt(1 - kept ** 2) * this.#random.normal();
    const angle = (2 * Math.PI * this.#elapsedS) / daySeconds + this.#dayPhase;
    const daily = (1 + dailyAmplitude * Math.sin(angle)) / (1 + dailyAmplitude * Math.sin(this.#dayPhase));
    return this.#offeredHitsPerS * daily * (1 + this.#wander);
  }

  #active<K extends 'deploy' | 'slow_downstream' | 'errors' | 'silence' | 'sick_host'>(
    kind: K,
  ): FaultOf<K> | undefined {
    const isActive = (fault: WorldFault): fault is FaultOf<K> =>
      fault.kind === kind && 'fromS' in fault && this.#elapsedS >= fault.fromS;
    return this.#options.faults.find(isActive);
  }

  #slowness(host: number): number {
    const sick = this.#active('sick_host');
    return (this.#active('deploy')?.slowness ?? 1) * (sick?.panelHost === host ? sick.slowness : 1);
  }

  #row(host: number, second: SecondOfHits, timeMs: number): HostRow {
    const { effectiveCpus, logicalCpus, backgroundRatio, generation, faults } = this.#options;
    const extraMs = this.#active('slow_downstream')?.extraMs ?? 0;
    const skew = faults.find((fault) => fault.kind === 'clock_skew');
    const { completed, durationsMs } = second;
    const p95 = durationsMs[Math.min(completed - 1, Math.floor(0.95 * completed))];
    return {
      host: this.panelNames[host]!,
      timeMs: timeMs + (skew?.panelHost === host ? skew.skewMs : 0),
      hitsPerS: completed,
      durationMs: completed === 0 ? undefined : second.durationAvgMs + extraMs,
      p95Ms: p95 === undefined ? undefined : p95 + extraMs,
      cpuBusyRatio: Math.min(1, backgroundRatio + (second.busyRatio * effectiveCpus) / logicalCpus),
      errorsPerS: this.#errors(completed),
      generation,
      build: this.#active('deploy')?.build ?? 'build-1',
      logicalCpus,
      uptimeS: uptimeS + this.#elapsedS,
    };
  }

  #errors(hits: number): number {
    const ratio = this.#active('errors')?.ratio ?? errorRatio;
    let errors = 0;
    for (let hit = 0; hit < hits; hit++) if (this.#random.uniform() < ratio) errors++;
    return errors;
  }

  /** Rows as they arrive: some lost, some a few seconds late, some twice. */
  #delivered(rows: readonly HostRow[]): HostRow[] {
    const silence = this.#active('silence');
    if (silence !== undefined && this.#elapsedS < silence.fromS + silence.forS) return [];
    const odds = this.#options.faults.find((fault) => fault.kind === 'rows');
    if (odds === undefined) return [...rows];
    const late = this.#late;
    this.#late = [];
    return [
      ...late,
      ...rows.flatMap((row) => {
        const draw = this.#random.uniform();
        if (draw < odds.lostRatio) return [];
        if (draw < odds.lostRatio + odds.lateRatio) {
          this.#late.push(row);
          return [];
        }
        return draw > 1 - odds.duplicateRatio ? [row, row] : [row];
      }),
    ];
  }

  #rest(hitsPerHost: number): RestRow {
    const { tierHosts, panelHosts, effectiveCpus, logicalCpus, serviceMs, cv2, baselineMs, backgroundRatio } =
      this.#options;
    const hosts = tierHosts - panelHosts;
    const serviceS = (serviceMs * (this.#active('deploy')?.slowness ?? 1)) / 1_000;
    const expected = hitsPerHost * hosts;
    const hits = Math.max(0, Math.round(expected + Math.sqrt(expected) * this.#random.normal()));
    const waitMs = 1_000 * meanWaitApproxS({ servers: effectiveCpus, arrivalsPerS: hitsPerHost, serviceS, cv2 });
    const noiseMs = (serviceS * 1_000 * this.#random.normal()) / Math.sqrt(Math.max(1, hits));
    const busy = backgroundRatio + (hitsPerHost * serviceS) / logicalCpus;
    return {
      hosts,
      healthyHosts: hosts,
      staleHosts: 0,
      hitsPerS: hits,
      durationMs: baselineMs + serviceS * 1_000 + waitMs + noiseMs + (this.#active('slow_downstream')?.extraMs ?? 0),
      cpuBusyRatio: Math.min(1, busy * (1 + (0.5 * this.#random.normal()) / Math.sqrt(Math.max(1, hits)))),
      errorsPerS: this.#errors(hits),
    };
  }
}
