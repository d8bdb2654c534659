import { type ControllerState, idleState, type RunState } from './controller-state.ts';
import { newRun } from './new-run.ts';

/**
 * What a controller goes on with of one that was before it, perhaps of an older program: lease, phase, cooldown, what
 * befell the tier, and the run whose load is to be taken back (ADR 0017). What was heard and asked then is not so now: a
 * request would begin by another day's file, and clocks, kill switch and weights of then would pass for those of now.
 */
export function resumedState(kept: ControllerState): ControllerState {
  const { epoch, seq, phase, phaseSinceMs, cooldownUntilMs, aborts, disturbedMs, run } = kept;
  const resumed = { ...idleState, epoch, seq, phase, phaseSinceMs, cooldownUntilMs, aborts, disturbedMs };
  if (run !== undefined) return { ...resumed, run: abandoned(run) };
  // A phase that needs its run cannot go on without one.
  return phase === 'frozen' || phase === 'cooldown' ? resumed : { ...resumed, phase: 'idle' };
}

/** How far it came, for its record; none of what it saw. */
function abandoned(run: RunState): RunState {
  const request = { ...run.request, neighbours: run.request.neighbours ?? [], dryRun: run.request.dryRun ?? false };
  const { seconds, steps, factor, maxContentionMs, secondsOver100, secondsOver150, ended } = run;
  return {
    ...newRun(request, run.startedMs ?? run.newestRowMs[0] ?? 0),
    ...{ seconds, steps, factor, maxContentionMs, secondsOver100, secondsOver150, ended },
  };
}
