import type { CapacityEstimate } from '../capacity/estimate-capacity.ts';

export type Phase = 'idle' | 'baseline' | 'ramp' | 'hold' | 'found' | 'abort' | 'drain' | 'cooldown' | 'frozen';

/** The guard rails, by the names that decisions and tests use. */
export type RailName =
  | 'contention'
  | 'errors'
  | 'slo'
  | 'soft_contention'
  | 'slow_downstream'
  | 'panel_share'
  | 'panel_weight'
  | 'tier_size'
  | 'min_healthy'
  | 'donor_headroom'
  | 'stale_panel'
  | 'stale_tier'
  | 'no_evidence'
  | 'catching_up'
  | 'build_changed'
  | 'sick_host'
  | 'ack'
  | 'readback'
  | 'cooldown'
  | 'bake'
  | 'neighbour'
  | 'fenced'
  | 'kill_switch'
  | 'clock'
  | 'inconclusive'
  | 'stopped'
  | 'shutdown'
  | 'takeover'
  | 'time_limit';

/** `hold`: no raise now. `abort`: the run ends, weights go back. `freeze`: nothing may be steered. */
export type RailVerdict = 'hold' | 'abort' | 'freeze';

export interface RailFinding {
  readonly rail: RailName;
  readonly verdict: RailVerdict;
  /** Whose doing: our own pipeline's rests for a minute, an operator's as long as the tier's first; only the tier's doubles. */
  readonly cause: 'tier' | 'operator' | 'pipeline';
  readonly reason: string;
}

export type Action =
  | 'nothing'
  | 'start'
  | 'raise'
  | 'lower'
  | 'hold'
  | 'found'
  | 'abort'
  | 'drain'
  | 'revert'
  | 'steady'
  | 'dry_run'
  | 'freeze'
  | 'cool_down'
  | 'idle';

/** Why the tier is steered as it is: one a tick at least, "did nothing, because" too. */
export interface Decision {
  readonly timeMs: number;
  readonly runId: string | undefined;
  readonly phase: Phase;
  readonly action: Action;
  readonly reason: string;
  readonly rail: RailName | undefined;
  readonly contentionMs: number | undefined;
  readonly targetHitsPerS: number | undefined;
  readonly estimate: CapacityEstimate | undefined;
}

export type RunOutcome = 'found' | 'aborted' | 'inconclusive' | 'frozen' | 'stopped' | 'dry_run';

/** How a run ended. */
export interface RunResult {
  readonly runId: string;
  readonly tier: string;
  readonly generation: string;
  readonly build: string;
  readonly outcome: RunOutcome;
  readonly reason: string;
  readonly estimate: CapacityEstimate | undefined;
  readonly seconds: number;
  readonly steps: number;
  readonly maxContentionMs: number;
  readonly secondsOver100: number;
  readonly secondsOver150: number;
}
