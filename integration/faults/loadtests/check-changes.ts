import { deepEqual } from 'node:assert/strict';
import type { WeightCommand } from '../../../schemas/weight-records.ts';
import { sameWeights, weightsOf } from '../../../schemas/weight-state.ts';
import { committed, type Given, numberOf } from './check-commands.ts';
import type { SteeredTier } from './steered-tier.ts';
import type { BalancerChange, Report } from './watch.ts';

/** On its way from the adapter's last look at its clock to the balancer. */
const onTheWayMs = 100;

/**
 * Every change of the balancer's weights is a reload, a return to safe weights, or one command of the log, unexpired and
 * of the newest lease that the adapter had seen; and every change that is read back is reported as such.
 */
export function checkChanges(site: SteeredTier): void {
  const commands = committed(site, 'loadbalancer.control.v1');
  const { changes, reports } = site.watch;
  deepEqual(
    [
      ...changes.flatMap((change) => whyUnexplained(change, commands, reports, site.world.hasRivals)),
      ...unexplainedReadbacks(site),
    ],
    [],
  );
}

function whyUnexplained(
  { atMs, version, before, weights, isSafe }: BalancerChange,
  commands: readonly Given<WeightCommand>[],
  reports: readonly Report[],
  mayShareNumbers: boolean,
): string[] {
  if (version === undefined || sameWeights(before, weights)) return [];
  const what = `${version} at ${atMs}`;
  if (version.startsWith('safe.')) return isSafe ? [] : [`${what}: not the safe weights`];
  const ofNumber = commands.filter(({ value }) => numberOf(value) === version);
  if (ofNumber.length === 0 || (ofNumber.length > 1 && !mayShareNumbers))
    return [`${what}: ${ofNumber.length} such commands in the log`];
  const newest = Math.max(0, ...reports.filter((report) => report.atMs < atMs).map(({ applied }) => applied.epoch));
  const against = ofNumber.map(({ value, appendMs }) => {
    const wanted = value.mode === 'revert' ? isSafe : sameWeights(weightsOf(value.weights), weights);
    return [
      ...(wanted ? [] : [`${what}: not the weights of the command`]),
      ...(atMs <= appendMs + value.ttlMs + onTheWayMs ? [] : [`${what}: it had expired`]),
      ...(value.epoch >= newest ? [] : [`${what}: epoch ${newest} had been seen`]),
    ];
  });
  return against.some(({ length }) => length === 0) ? [] : against[0]!;
}

/** By its own word of what it did: a read-back that is another one than that before has a command or a revert. */
function unexplainedReadbacks({ watch }: SteeredTier): string[] {
  let before: string | undefined;
  return watch.reports.flatMap(({ atMs, applied: { status, readback, epoch, seq } }) => {
    if (readback.length === 0) return [];
    const now = JSON.stringify(readback);
    const changed = before !== undefined && now !== before;
    before = now;
    const byItself = status.startsWith('reverted_') || status === 'applied' || status === 'readback_mismatch';
    // Seen, not done: somebody reloaded the balancer, or the answer to a write of its own had been lost.
    const seen = watch.changes.some((change) => change.atMs <= atMs && change.atMs > atMs - 60_000);
    return changed && !byItself && !seen ? [`${status} ${epoch}.${seq} at ${atMs}: nobody changed the weights`] : [];
  });
}

/** A lease that is older than one that was accepted is not accepted any more; within a lease numbers rise. */
export function checkFence(site: SteeredTier): void {
  const accepted = site.watch.reports.filter(({ applied }) => applied.status === 'applied');
  const broken = accepted.slice(1).flatMap(({ atMs, applied }, at) => {
    const last = accepted[at]!.applied;
    const isNewer = applied.epoch > last.epoch || (applied.epoch === last.epoch && applied.seq > last.seq);
    return isNewer ? [] : [`${numberOf(applied)} accepted at ${atMs} after ${numberOf(last)}`];
  });
  deepEqual(broken, []);
}
