import { deepEqual } from 'node:assert/strict';
import type { WeightCommand } from '../../../schemas/weight-records.ts';
import { committed, type Given, isRaise, numberOf } from './check-commands.ts';
import type { SteeredTier } from './steered-tier.ts';
import type { Known, Watch } from './watch.ts';

/** Telemetry that is older forbids raises. */
const staleMs = 3_000;
/** Between tests it has to be less new. */
const staleSteadyMs = 5_000;
/** The adapter looks at its kill file each second; a command that is under way then is carried out. */
const killFileSeenMs = 3_000;
/** After so long without word the state of the kill switch is unknown; half a second between two looks, and their way. */
const switchUnknownMs = 5_000 + 600;
/** Until what is appended is read. */
const readMs = 5_000;
/** From a decision until its command is in the log: what is held for longer is not accepted. */
const heldMsMax = 5_000;

/**
 * No raise, by the truth about the world and not by what its controller knew: with telemetry older than 3 s, with the
 * kill switch engaged or unknown for longer than 5 s, or under a lease of which the log says that it is lost.
 */
export function checkRaises(site: SteeredTier): number {
  const raises = committed(site, 'loadbalancer.control.v1').filter(({ value }) => isRaise(value));
  deepEqual(
    raises.flatMap((raise) => [
      ...whileStale(site, raise),
      ...whileKilled(site.watch, raise.value.issuedAt, numberOf(raise.value)),
      ...whileFenced(site, raise),
    ]),
    [],
  );
  deepEqual(raisedWhileKilled(site), []);
  return raises.length;
}

const asOf = <T>(known: readonly Known<T>[], atMs: number): Known<T> | undefined =>
  known.findLast((each) => each.atMs <= atMs);

function whileStale({ watch }: SteeredTier, { value, appendMs }: Given<WeightCommand>): string[] {
  const staleForMs = value.issuedAt - (asOf(watch.seconds, value.issuedAt)?.is ?? 0);
  const heldMs = appendMs - value.issuedAt;
  const number = numberOf(value);
  const moved = watch.changes.some(({ version }) => version === number);
  return [
    ...(staleForMs > (value.mode === 'steady' ? staleSteadyMs : staleMs)
      ? [`raise ${number} decided ${staleForMs} ms after the newest second`]
      : []),
    ...(heldMs > heldMsMax && moved ? [`raise ${number} moved load ${heldMs} ms after it was decided`] : []),
  ];
}

/** Engaged or unreadable all the time for so long that everybody must know. */
function whileKilled(watch: Watch, atMs: number, what: string): string[] {
  const since = watch.switchStates.filter((each) => each.atMs <= atMs);
  const [fromMs] = [atMs - switchUnknownMs];
  const stateAt = (ms: number) => asOf(since, ms)?.is;
  const inBetween = since.filter((each) => each.atMs > fromMs).map(({ is }) => is);
  const states = [stateAt(fromMs), ...inBetween];
  const forbidden = states.every((is) => is !== undefined && (is.engaged || !is.readable));
  return forbidden ? [`raise ${what} at ${atMs} while the kill switch was engaged or unknown`] : [];
}

function whileFenced({ watch }: SteeredTier, { value }: Given<WeightCommand>): string[] {
  const heard = watch.reports.filter(({ atMs }) => atMs <= value.issuedAt - readMs).map(({ applied }) => applied.epoch);
  const newest = Math.max(0, ...heard);
  return newest > value.epoch ? [`raise ${numberOf(value)} although epoch ${newest} had been heard of`] : [];
}

/** What the adapter itself lets through. */
function raisedWhileKilled({ watch }: SteeredTier): string[] {
  return watch.changes.flatMap(({ atMs, version, before, weights, isSafe }) => {
    const raised = [...weights].some(([server, weight]) => weight > (before.get(server) ?? 0));
    if (!raised || isSafe || version === undefined) return [];
    const files = watch.killFiles.filter((each) => each.atMs > atMs - killFileSeenMs && each.atMs <= atMs);
    const thereAtFirst = asOf(watch.killFiles, atMs - killFileSeenMs)?.is === true;
    const byFile = thereAtFirst && files.length === 0 ? [`${version} at ${atMs} although the kill file was there`] : [];
    return [...byFile, ...whileKilled(watch, atMs, version)];
  });
}
