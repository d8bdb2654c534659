import { DynoError } from '../../base/errors.ts';
import { type Generation, webGenerationNames, webTruth } from '../hardware.ts';
import { inTurnArrivalsForWait } from './in-turn-truth.ts';
import { exactArrivalsForWait } from './queue-truth.ts';

/** What goes wrong, in seconds of the simulated time. */
export type WorldFault =
  /** The panel's host of this number serves each hit so much slower. */
  | { readonly kind: 'sick_host'; readonly panelHost: number; readonly fromS: number; readonly slowness: number }
  /** A new build on all hosts, whose hits cost so much more CPU time; 0.95 = less. */
  | { readonly kind: 'deploy'; readonly fromS: number; readonly slowness: number; readonly build: string }
  /** A back end answers later: all hits of the tier take longer, no CPU is busier. */
  | { readonly kind: 'slow_downstream'; readonly fromS: number; readonly extraMs: number }
  /** Every so-manieth row of the panel is lost, late by so many seconds, or comes twice. */
  | { readonly kind: 'rows'; readonly lostRatio: number; readonly lateRatio: number; readonly duplicateRatio: number }
  /** The panel's telemetry stops for a while. */
  | { readonly kind: 'silence'; readonly fromS: number; readonly forS: number }
  /** One host's clock runs ahead. */
  | { readonly kind: 'clock_skew'; readonly panelHost: number; readonly skewMs: number }
  | { readonly kind: 'errors'; readonly fromS: number; readonly ratio: number };

export interface WorldOptions {
  readonly seed: number;
  readonly generation: string;
  readonly logicalCpus: number;
  readonly serviceMs: number;
  readonly cv2: number;
  /** Part of a hit's duration that is neither CPU time nor waiting for a CPU. */
  readonly baselineMs: number;
  readonly panelHosts: number;
  readonly tierHosts: number;
  /** Natural load of a host as a share of its λ100. */
  readonly naturalShare: number;
  /** Share of the CPUs that is busy without hits. */
  readonly backgroundRatio: number;
  /** Less than `logicalCpus` where memory bandwidth lets only so many hits run at full speed: CPUs never get busier. */
  readonly effectiveCpus: number;
  readonly startMs: number;
  /** How hits come to a host: at random, or in turn from a balancer that takes its hosts one after another (round robin). */
  readonly arrivals: 'random' | 'in_turn';
  readonly faults: readonly WorldFault[];
}

/** What a caller says; everything has a default. */
export interface WorldGiven extends Partial<Omit<WorldOptions, 'generation'>> {
  readonly generation?: string;
}

/** 2026-01-05, a Monday, 10:00 UTC. */
const startMs = Date.UTC(2026, 0, 5, 10);

export const defaultGeneration = 'NHM';

/** Cores and service time together replace the generation's. Throws DYNO_USAGE_SIMULATE for what cannot be simulated. */
export function worldOptionsOf(given: WorldGiven): WorldOptions {
  const generation = given.generation ?? defaultGeneration;
  const custom = given.logicalCpus !== undefined && given.serviceMs !== undefined;
  const model = custom ? undefined : webTruth(generationOf(generation));
  const logicalCpus = given.logicalCpus ?? model!.logicalCpus;
  const panelHosts = given.panelHosts ?? 8;
  const options: WorldOptions = {
    seed: 1,
    cv2: 1,
    baselineMs: 32,
    naturalShare: 0.5,
    backgroundRatio: 0,
    startMs,
    arrivals: 'random',
    faults: [],
    ...given,
    panelHosts,
    // The panel is at most 5 % of its tier.
    tierHosts: given.tierHosts ?? Math.max(12, 20 * panelHosts),
    generation,
    logicalCpus,
    serviceMs: given.serviceMs ?? model!.serviceS * 1_000,
    effectiveCpus: given.effectiveCpus ?? logicalCpus,
  };
  check(options);
  return options;
}

function generationOf(name: string): Exclude<Generation, 'Avoton'> {
  const found = webGenerationNames.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw refused('generation', name, `one of ${webGenerationNames.join(', ')}`);
  return found;
}

function check(options: WorldOptions): void {
  const { logicalCpus, serviceMs, cv2, baselineMs, panelHosts, tierHosts, naturalShare } = options;
  const whole = (value: number, low: number, high: number) => Number.isInteger(value) && value >= low && value <= high;
  if (!whole(logicalCpus, 1, 256)) throw refused('cores', logicalCpus, 'a whole number from 1 to 256');
  if (!(serviceMs >= 1 && serviceMs <= 10_000)) throw refused('service time', serviceMs, 'from 1 to 10000 ms');
  if (cv2 !== 0.5 && !(cv2 >= 1 && cv2 <= 16)) throw refused('cv²', cv2, '0.5, or from 1 to 16');
  if (!(baselineMs >= 0 && baselineMs <= 10_000)) throw refused('baseline', baselineMs, 'from 0 to 10000 ms');
  if (!whole(panelHosts, 1, 64)) throw refused('panel', panelHosts, 'a whole number from 1 to 64');
  if (!whole(tierHosts, panelHosts + 1, 100_000)) throw refused('tier', tierHosts, 'more hosts than the panel');
  if (!(naturalShare > 0 && naturalShare < 1)) throw refused('natural share', naturalShare, 'between 0 and 1');
}

const refused = (what: string, value: unknown, expected: string): DynoError =>
  new DynoError('DYNO_USAGE_SIMULATE', `${what} ${String(value)} cannot be simulated; expected ${expected}`, {
    details: { what, value, expected },
  });

/**
 * Hits/s of one host at which the mean wait is 100 ms, never told to what is measured against it: exact for arrivals at
 * random, else from a long run of the same queue.
 */
export function trueLambda100(options: WorldOptions, slowness = 1): number {
  const { effectiveCpus, serviceMs, cv2, arrivals } = options;
  const host = { servers: effectiveCpus, serviceS: (serviceMs * slowness) / 1_000, cv2 };
  if (arrivals === 'random') return exactArrivalsForWait({ ...host, waitS: 0.1 });
  return inTurnArrivalsForWait({ ...host, poolHitsPerS: offeredHitsPerS(options) }, 0.1);
}

/** What users ask of the whole tier when the simulation begins: a share of what it could take if they came at random. */
export const offeredHitsPerS = ({
  effectiveCpus,
  serviceMs,
  cv2,
  naturalShare,
  tierHosts,
}: Omit<WorldOptions, 'faults'>): number =>
  naturalShare *
  tierHosts *
  exactArrivalsForWait({ servers: effectiveCpus, serviceS: serviceMs / 1_000, cv2, waitS: 0.1 });
