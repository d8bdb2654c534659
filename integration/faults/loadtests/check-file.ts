import { deepEqual } from 'node:assert/strict';
import type { WeightCommand } from '../../../schemas/weight-records.ts';
import { committed, type Given, numberOf } from './check-commands.ts';
import type { SteeredTier } from './steered-tier.ts';

const stepMax = 0.05;
const stepEveryMs = 60_000;

/** What the file of a controller says holds for everything that it commanded. */
export function checkFile(site: SteeredTier): void {
  const commands = committed(site, 'loadbalancer.control.v1');
  deepEqual(
    [
      ...commands.flatMap(({ value }) => againstFile(site, value)),
      ...dryChanges(site, commands),
      ...steps(site, commands),
    ],
    [],
  );
}

/** Two that took one lease gave one number each: whose it is nobody can say. */
const entryOf = ({ world, orderedBy }: SteeredTier, number: string) =>
  world.hasRivals ? undefined : orderedBy.get(number);

function againstFile(site: SteeredTier, command: WeightCommand): string[] {
  const number = numberOf(command);
  const entry = entryOf(site, number);
  if (entry === undefined) return [];
  const { mode, weights, dryRun } = command;
  const tooHigh = weights.filter(
    ({ weight, previous }) => previous !== undefined && weight > previous && weight > entry.weightMax,
  );
  return [
    ...(mode === 'test' && tooHigh.length > 0 ? [`${number} raises over weight_max ${entry.weightMax}`] : []),
    ...(mode === 'steady' && entry.steadyWeights === 'observe' && !dryRun && !goesToFile(command)
      ? [`${number} is a step between tests of a tier that is only observed`]
      : []),
    ...(entry.enabled || mode === 'revert' || isDrain(command) ? [] : [`${number} of a tier that is not enabled`]),
  ];
}

/** A run of a controller before this one is ended below normal. */
const isDrain = ({ weights }: WeightCommand): boolean =>
  weights.every(({ weight, previous }) => previous === undefined || weight <= previous);

/** Taken out of the file, weights between tests go back to what it says, a step at a time. */
function goesToFile({ weights }: WeightCommand): boolean {
  return weights.every(
    ({ weight, previous = weight }) =>
      weight === previous || fileTargets.some((target) => isTowards(previous, weight, target)),
  );
}

/** What files of these worlds say as safe weight. */
const fileTargets = [100, 90];

const isTowards = (from: number, to: number, target: number): boolean =>
  Math.abs(target - to) < Math.abs(target - from);

/** A dry-run tier never has a weight changed, but back to safe. */
function dryChanges(site: SteeredTier, commands: readonly Given<WeightCommand>[]): string[] {
  const dry = new Set(commands.filter(({ value }) => value.dryRun).map(({ value }) => numberOf(value)));
  return site.watch.changes.flatMap(({ atMs, version, before, weights, isSafe }) => {
    if (version === undefined || isSafe) return [];
    const moved = [...weights].filter(([server, weight]) => before.get(server) !== weight);
    const isDry = dry.has(version) ? !site.world.hasRivals : entryOf(site, version)?.dryRun === true;
    const lowered = moved.every(([server, weight]) => weight <= before.get(server)!);
    return isDry && moved.length > 0 && !lowered ? [`${version} of a dry run changed weights at ${atMs}`] : [];
  });
}

/** Steps between tests are of 5 % at most, and a minute apart. */
function steps(site: SteeredTier, commands: readonly Given<WeightCommand>[]): string[] {
  const steady = commands.filter(({ value }) => value.mode === 'steady');
  return steady.flatMap(({ value }, at) => {
    const number = numberOf(value);
    const wide = value.weights.filter(
      ({ weight, previous = weight }) => Math.abs(weight - previous) > stepMax * previous + 1e-9,
    );
    const change = site.watch.changes.find(({ version }) => version === number);
    const stood = [...(change?.weights ?? [])].filter(([server, weight]) => {
      const before = change!.before.get(server)!;
      return before > 0 && Math.abs(weight - before) > stepMax * before + 1e-9;
    });
    const last = steady[at - 1]?.value.issuedAt;
    const soon = last !== undefined && value.issuedAt - last < stepEveryMs && !site.world.hasRivals;
    return [
      ...(wide.length > 0 || stood.length > 0 ? [`step ${number} is over ${100 * stepMax} %`] : []),
      ...(soon ? [`step ${number} came ${value.issuedAt - last} ms after the one before`] : []),
    ];
  });
}
