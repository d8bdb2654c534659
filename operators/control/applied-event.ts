import type { WeightApplied } from '../../schemas/weight-records.ts';
import { sameWeights, weightsOf } from '../../schemas/weight-state.ts';
import type { TierEvent } from './tier-events.ts';

/** Weights that are others although nobody ordered it. */
export const hasMoved = ({ readback: before }: WeightApplied, { status, readback }: WeightApplied): boolean =>
  status === 'observed' &&
  before.length > 0 &&
  readback.length > 0 &&
  !sameWeights(weightsOf(before), weightsOf(readback));

/** What an adapter said, as the controller hears it. */
export const appliedEvent = ({ epoch, seq, status, readback, at }: WeightApplied): TierEvent => ({
  kind: 'applied',
  epoch,
  seq,
  status,
  readBack: readback,
  wallMs: at,
});
