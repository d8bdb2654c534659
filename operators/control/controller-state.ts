import type { ServerWeight } from '../../schemas/weight-records.ts';
import type { Dwell, LoadSums } from '../capacity/dwell.ts';
import type { CapacityEstimate } from '../capacity/estimate-capacity.ts';
import type { Phase, RailFinding } from './decisions.ts';
import type { NeighbourTest } from './neighbour-tests.ts';
import type { SteadyOrder, TestRequest } from './tier-events.ts';

/** Raised whenever what `resumedState` takes could be misread by an older program. */
export const controllerStateVersion = 1;

/** All that the controller of one tier remembers: plain values, so it goes to a state topic as JSON. */
export interface ControllerState {
  readonly version: typeof controllerStateVersion;
  /** Lease under which commands are given; 0 = none yet. */
  readonly epoch: number;
  readonly seq: number;
  /** A newer controller has the lease, or none was ever taken: nothing may be commanded. */
  readonly fenced: boolean;
  readonly phase: Phase;
  /** Wall time at which the phase began. */
  readonly phaseSinceMs: number;
  readonly pending: TestRequest | undefined;
  /** Weights between tests, until the next tick. */
  readonly steady: SteadyOrder | undefined;
  readonly run: RunState | undefined;
  /** A test that is only rehearsed, until its one command is answered. */
  readonly rehearsal: TestRequest | undefined;
  readonly command: SentCommand | undefined;
  /** Every server of the pool as the balancer was read last; undefined = it never answered. */
  readonly observed: readonly ServerWeight[] | undefined;
  readonly killSwitch: { readonly on: boolean; readonly knownMs: number } | undefined;
  /** Tests of neighbouring tiers, and when that was known; undefined = never, or there are none. */
  readonly neighbours: { readonly tests: readonly NeighbourTest[]; readonly knownMs: number } | undefined;
  /** When a command of another, older lease was heard to be applied, wall time: its controller is there still. */
  readonly rivalMs: number | undefined;
  readonly clock: ClockReading | undefined;
  readonly live: boolean;
  /** Newest disturbance, wall time. */
  readonly disturbedMs: number | undefined;
  readonly cooldownUntilMs: number;
  /** Aborts that the tier caused since the last capacity was found. */
  readonly aborts: number;
  readonly shutdown: boolean;
}

export interface ClockReading {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** Wall clock less the broker's, undefined when the broker's is unknown. */
  readonly skewMs: number | undefined;
  /** How much further the wall clock went than the monotonic clock since the last tick. */
  readonly jumpMs: number;
}

export interface SentCommand {
  readonly seq: number;
  readonly sentMonotonicMs: number;
  readonly weights: readonly ServerWeight[];
  readonly acknowledged: boolean;
  readonly dryRun: boolean;
  /** What the balancer answered where it did not do as told. */
  readonly fault: string | undefined;
}

/** One second of the tier, panel and rest, as sums. */
export interface SecondSummary {
  readonly timeMs: number;
  readonly panelHosts: number;
  readonly panelHits: number;
  /** Σ hits × mean duration, ms. */
  readonly panelDurationMs: number;
  readonly panelErrors: number;
  /** Median over hosts. */
  readonly p95Ms: number | undefined;
  readonly restHosts: number;
  readonly poolHosts: number;
  readonly healthyHosts: number;
  readonly staleHosts: number;
  readonly restHits: number;
  readonly restDurationMs: number | undefined;
  readonly restBusyRatio: number;
}

/** What was normal before the load was raised; frozen for the run. */
export interface RunBaseline {
  /** Mean duration of a hit that waits for nothing. */
  readonly durationMs: number;
  readonly errorRatio: number;
  /** What it may really be: of few hits, few errors say little. */
  readonly errorRatioUpper: number;
  readonly restDurationMs: number;
  /** Standard deviation of one second of it. */
  readonly restDurationSdMs: number;
  readonly restBusyPerHit: number;
}

/** Hits of a host in the block of seconds that is not over. */
export interface OpenBlock {
  readonly seconds: number;
  readonly hits: number;
}

export interface OpenDwell extends Dwell {
  /** Only seconds that end after this belong to it: the ones before are settling. */
  readonly fromMs: number;
  readonly measureS: number;
  readonly seconds: number;
  /** By host of the panel. */
  readonly blocks: readonly OpenBlock[];
}

export interface RunState {
  readonly request: TestRequest;
  /** Wall time. */
  readonly startedMs: number;
  readonly servers: number | undefined;
  /** Complete seconds since the run began. */
  readonly seconds: number;
  readonly holdSeconds: number;
  readonly steps: number;
  /** Weights of the panel as a multiple of the safe ones. */
  readonly factor: number;
  readonly targetHitsPerS: number | undefined;
  readonly window: readonly SecondSummary[];
  /** Per host of the panel: newest second with a row, and with one that is evidence. */
  readonly newestRowMs: readonly number[];
  readonly newestEvidenceMs: readonly number[];
  readonly hostSums: readonly LoadSums[];
  readonly baseline: RunBaseline | undefined;
  readonly closed: readonly Dwell[];
  readonly open: OpenDwell;
  /** The newest there was. */
  readonly estimate: CapacityEstimate | undefined;
  /** What the last two looks at the dwells gave, the newer one last: one that is narrow by luck is no answer. */
  readonly looks: readonly (CapacityEstimate | undefined)[];
  /** Since when a rail forbids raises, wall time. */
  readonly heldSinceMs: number | undefined;
  readonly maxContentionMs: number;
  readonly secondsOver100: number;
  readonly secondsOver150: number;
  readonly secondsOverSlo: number;
  /** A build on the panel that is not the one under test. */
  readonly otherBuild: string | undefined;
  /** Set when the run has ended and only its load is to be taken back. */
  readonly ended: 'found' | 'not_found' | undefined;
  /** An abort that an event asked for, carried out at the next tick. */
  readonly asked: RailFinding | undefined;
}

export const idleState: ControllerState = {
  version: controllerStateVersion,
  epoch: 0,
  seq: 0,
  fenced: true,
  phase: 'idle',
  phaseSinceMs: 0,
  pending: undefined,
  steady: undefined,
  run: undefined,
  rehearsal: undefined,
  command: undefined,
  observed: undefined,
  killSwitch: undefined,
  neighbours: undefined,
  rivalMs: undefined,
  clock: undefined,
  live: false,
  disturbedMs: undefined,
  cooldownUntilMs: 0,
  aborts: 0,
  shutdown: false,
};

export const isTesting = ({ phase }: ControllerState): boolean =>
  phase === 'baseline' || phase === 'ramp' || phase === 'hold';
