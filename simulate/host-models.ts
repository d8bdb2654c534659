import type { GenerationTruth, Hardware } from './hardware.ts';
import { HitQueue } from './hit-queue.ts';
import { meanWaitApproxS } from './queueing.ts';
import type { Random } from './random.ts';
import type { Behaviour } from './tiers.ts';
import { type HostModel, idleWork } from './work.ts';

/** Seconds that a queue runs before its first sample, several times the longest it needs to settle. */
const warmUpS = 30;
const failedShare = 0.0004;

export interface WebHostOptions {
  readonly truth: GenerationTruth;
  readonly behaviour: Behaviour;
  readonly random: Random;
  /** Default 1: exponential service times, for which λ100 is exact. */
  readonly cv2?: number;
}

/** Exact, hit by hit. `level` is offered hits/s relative to the generation's λ100. */
export function webHostModel({ truth, behaviour, random, cv2 = 1 }: WebHostOptions): HostModel {
  const queue = new HitQueue({
    servers: truth.logicalCpus,
    meanServiceS: truth.serviceS,
    cv2,
    fixedMs: behaviour.fixedMs,
    random,
  });
  const work = idleWork();
  let warm = false;
  return (level, slowness) => {
    const offeredPerS = level * truth.lambda100;
    for (let second = 0; !warm && second < warmUpS; second++) queue.advance(offeredPerS, slowness);
    warm = true;
    const second = queue.advance(offeredPerS, slowness);
    work.level = level;
    work.busyRatio = second.busyRatio;
    work.requestsPerS = second.completed;
    work.errorsPerS = second.refused + failed(second.completed, random);
    work.durationAvgMs = second.durationAvgMs;
    work.durationCpuAvgMs = second.serviceAvgMs;
    work.queueWaitAvgMs = second.waitAvgMs;
    work.waitingMs = second.waitingMs;
    work.durationsMs = second.durationsMs;
    return work;
  };
}

export interface ServiceHostOptions {
  readonly hardware: Hardware;
  readonly behaviour: Behaviour;
  readonly random: Random;
}

const keep = Math.exp(-1 / 10);
const renew = Math.sqrt(1 - keep * keep);
const hostNoise = 0.04;

/** Closed form: busy CPU time wanders around the level, and waiting follows from it. Means only, no percentiles. */
export function serviceHostModel({ hardware, behaviour, random }: ServiceHostOptions): HostModel {
  const work = idleWork();
  const servers = hardware.logicalCpus;
  let wandered = random.normal();
  return (level, slowness) => {
    wandered = keep * wandered + renew * random.normal();
    const serviceS = (behaviour.serviceMs / 1_000) * slowness;
    const offered = Math.max(0, level * slowness * (1 + hostNoise * wandered));
    const busyRatio = Math.min(0.998, offered);
    const waitMs =
      meanWaitApproxS({ servers, arrivalsPerS: (busyRatio * servers) / serviceS, serviceS, cv2: 1 }) * 1_000;
    work.level = level;
    work.busyRatio = busyRatio;
    work.requestsPerS = (busyRatio * servers) / serviceS;
    work.errorsPerS = work.requestsPerS * failedShare * (0.5 + random.uniform());
    work.durationCpuAvgMs = serviceS * 1_000;
    work.queueWaitAvgMs = waitMs;
    work.durationAvgMs = behaviour.fixedMs + serviceS * 1_000 + waitMs;
    work.waitingMs = work.requestsPerS * waitMs;
    return work;
  };
}

/** Of few requests one fails now and then: whole numbers with the right mean. */
const failed = (completed: number, random: Random): number => (random.uniform() < completed * failedShare ? 1 : 0);
