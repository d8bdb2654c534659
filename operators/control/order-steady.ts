import type { ControlTurn } from './controller.ts';
import type { ControllerState } from './controller-state.ts';
import type { RailFinding } from './decisions.ts';
import type { SteadyOrder, Tick } from './tier-events.ts';
import { commanded, decided, only } from './turn.ts';

/**
 * Weights between tests, where nothing at all is found against steering now. The command lives as long as any other and
 * is not renewed: it names its weights as the safe ones, which is where its end leads.
 */
export function orderSteady(
  state: ControllerState,
  tick: Tick,
  order: SteadyOrder,
  findings: readonly RailFinding[],
): ControlTurn {
  const { tier, pool, mode, weights, dryRun, reason } = order;
  const [finding] = findings;
  if (finding !== undefined) {
    const words = `the weights of ${pool} stay, because ${finding.reason}`;
    return only(state, decided(state, tick, { action: 'nothing', reason: words, rail: finding.rail }));
  }
  const what = {
    tier,
    pool,
    mode,
    weights,
    safeWeights: weights,
    dryRun,
    reason,
    runId: undefined,
    evidence: undefined,
  };
  const { state: next, command } = commanded(state, tick, what);
  return { state: next, decisions: [decided(state, tick, { action: 'steady', reason })], command, result: undefined };
}
