import { type RejectedWhy, type WeightCommand, type WeightMode, weightModes } from '../../schemas/weight-records.ts';
import { sameWeights, stateHashOf, type Weights, weightsOf } from '../../schemas/weight-state.ts';
import { type DriverLimits, type PoolState, weightsOfState } from './driver.ts';
import {
  movesDrained,
  movesTowardsSafe,
  outOfBounds,
  type Rails,
  shareTooLarge,
  tooFewHealthy,
  withoutDrained,
} from './rails.ts';

/** The highest (epoch, seq) ever seen. */
export interface Fence {
  readonly epoch: number;
  readonly seq: number;
}

export interface Rejection {
  readonly why: RejectedWhy;
  /** A sentence for people. */
  readonly reason: string;
}

export type KillState = 'off' | 'engaged' | 'unknown';

export interface MessageSituation {
  /** Of the adapter's monotonic clock, as `expiresAtMs`. */
  readonly nowMs: number;
  readonly expiresAtMs: number;
  readonly ttlMsMax: number;
  readonly modes: readonly WeightMode[];
  readonly reverting: boolean;
  readonly stopping: boolean;
}

/** `newer` = never seen; `same` = the highest one again; `older` = fenced. */
export function againstFence(command: Fence, fence: Fence | undefined): 'newer' | 'same' | 'older' {
  if (fence === undefined || command.epoch > fence.epoch) return 'newer';
  if (command.epoch < fence.epoch || command.seq < fence.seq) return 'older';
  return command.seq > fence.seq ? 'newer' : 'same';
}

/** What can be said of a command that is new without asking the balancer; undefined = nothing against it. */
export function againstMessage(command: WeightCommand, at: MessageSituation): Rejection | undefined {
  if (at.stopping) return { why: 'stopping', reason: 'The adapter is stopping.' };
  if (!(command.ttlMs > 0 && command.ttlMs <= at.ttlMsMax))
    return { why: 'rails', reason: `Its ttl_ms ${command.ttlMs} is not from 1 to ${at.ttlMsMax}.` };
  if (at.nowMs >= at.expiresAtMs)
    return { why: 'expired', reason: `It expired ${Math.ceil(at.nowMs - at.expiresAtMs)} ms ago.` };
  if (at.reverting) return { why: 'reverting', reason: 'The adapter is on its way back to safe weights.' };
  const mode = weightModes.find((known) => known === command.mode);
  if (mode === undefined) return { why: 'mode', reason: `The mode "${command.mode}" is not known here.` };
  if (!at.modes.includes(mode))
    return { why: 'mode', reason: `This balancer cannot serve mode ${mode}: it changes too slowly.` };
  return undefined;
}

export interface WeightsSituation {
  readonly nowMs: number;
  /** From the decision to the append to the log, by the clocks of controller and log. */
  readonly heldMs: number;
  /** Just read. */
  readonly state: PoolState;
  /** Where this adapter returns to, for exactly the servers of `state`. */
  readonly safe: Weights;
  readonly rails: Rails;
  readonly limits: DriverLimits;
  readonly kill: KillState;
  /** Of the last change that was written; undefined = none yet. */
  readonly lastChangeMs: number | undefined;
}

/** An accepted command: what is to stand in the balancer, and the safe weights once it does, if they change. */
export interface Accepted {
  readonly weights: Weights;
  readonly safeWeights: Weights | undefined;
}

/** Judges what a command wants against the balancer as it is now. */
export function judgeWeights(command: WeightCommand, at: WeightsSituation): Accepted | Rejection {
  const current = weightsOfState(at.state);
  if (command.mode === 'revert') return { weights: at.safe, safeWeights: undefined };
  const hash = stateHashOf(current);
  if (command.expectStateHash !== hash)
    return {
      why: 'state',
      reason: `It expects state ${command.expectStateHash || '(none)'}, the balancer has ${hash}.`,
    };
  const wanted = command.mode === 'freeze' ? current : weightsOf(command.weights);
  const listed = command.mode === 'freeze' ? wanted.size : command.weights.length;
  const servers = notThePool(wanted, listed, at.state);
  if (servers !== undefined) return { why: 'servers', reason: `${servers}.` };
  const towardsSafe = movesTowardsSafe(current, wanted, at.safe);
  const renewal = sameWeights(current, wanted);
  const refused =
    againstKill(at.kill, towardsSafe, renewal) ??
    againstHeld(at, towardsSafe || renewal) ??
    againstRails(wanted, towardsSafe, at);
  if (refused !== undefined) return refused;
  const { changeEveryMs } = at.limits;
  const tooSoon = at.lastChangeMs !== undefined && at.nowMs - at.lastChangeMs < changeEveryMs;
  if (tooSoon && !renewal)
    return { why: 'rate', reason: `This balancer changes at most once in ${changeEveryMs / 1_000} s.` };
  return withSafeWeights(command, wanted, at);
}

/** Killed: only towards safe. Unknown: renewals too, as they change nothing. */
export function againstKill(kill: KillState, towardsSafe: boolean, renewal: boolean): Rejection | undefined {
  if (kill === 'engaged' && !towardsSafe)
    return { why: 'killed', reason: 'The kill switch is engaged: only moves towards safe weights.' };
  if (kill === 'unknown' && !towardsSafe && !renewal)
    return { why: 'kill_unknown', reason: 'The state of the kill switch has not been known for 5 s.' };
  return undefined;
}

/** What load was moved for must still be so. Two wall clocks say it, so it forbids nothing that takes load back. */
function againstHeld({ heldMs, rails }: WeightsSituation, harmless: boolean): Rejection | undefined {
  if (harmless || heldMs <= rails.heldMsMax) return undefined;
  return { why: 'expired', reason: `It came into the log ${Math.ceil(heldMs)} ms after it was decided.` };
}

/** On the way to safe nothing stands in the way but a drained server, and what the balancer cannot hold. */
function againstRails(wanted: Weights, towardsSafe: boolean, at: WeightsSituation): Rejection | undefined {
  const { state, safe, rails, limits } = at;
  const bounds = {
    weightMin: Math.max(rails.weightMin, limits.weightMin),
    weightMax: Math.min(rails.weightMax, limits.weightMax),
  };
  const steered = withoutDrained(state, wanted);
  const broken =
    movesDrained(state, wanted) ??
    (towardsSafe
      ? outOfBounds(steered, limits)
      : (outOfBounds(steered, bounds) ??
        shareTooLarge(wanted, safe, rails) ??
        tooFewHealthy(state, rails.minHealthyRatio)));
  return broken === undefined ? undefined : { why: 'rails', reason: `${broken}.` };
}

/** New safe weights hold the rails against those that they replace. While killed or unsure they stay what they are. */
function withSafeWeights(command: WeightCommand, weights: Weights, at: WeightsSituation): Accepted | Rejection {
  if (command.safeWeights.length === 0 || at.kill !== 'off') return { weights, safeWeights: undefined };
  const safeWeights = weightsOf(command.safeWeights);
  if (sameWeights(safeWeights, at.safe)) return { weights, safeWeights: undefined };
  const servers = notThePool(safeWeights, command.safeWeights.length, at.state);
  if (servers !== undefined) return { why: 'servers', reason: `Of its safe weights: ${servers}.` };
  const refused = againstRails(safeWeights, false, at);
  return refused === undefined
    ? { weights, safeWeights }
    : { ...refused, reason: `Of its safe weights: ${refused.reason}` };
}

function notThePool(weights: Weights, listed: number, state: PoolState): string | undefined {
  const missing = [...state.keys()].find((server) => !weights.has(server));
  if (missing !== undefined) return `${missing} of the pool has no weight`;
  const unknown = [...weights.keys()].find((server) => !state.has(server));
  if (unknown !== undefined) return `${unknown} is no server of the pool`;
  return listed === weights.size ? undefined : 'a server is named twice';
}
