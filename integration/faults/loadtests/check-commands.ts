import { deepEqual } from 'node:assert/strict';
import type { LoadTestStep } from '../../../schemas/load-test-records.ts';
import type { WeightCommand } from '../../../schemas/weight-records.ts';
import { compareRows } from '../check/compare-rows.ts';
import type { SteeredTier } from './steered-tier.ts';
import { decodeFor } from './world-codecs.ts';

export interface Given<T> {
  readonly appendMs: number;
  readonly value: T;
}

/** What a reader of committed records finds of a tier, so many of the newest, and when each was appended. What was repeated by a mirror is left out. */
export function committed<T extends 'loadbalancer.control.v1' | 'instantdyno.loadtests.v1'>(
  site: SteeredTier,
  topic: T,
  newest = Number.POSITIVE_INFINITY,
): readonly Given<T extends 'loadbalancer.control.v1' ? WeightCommand : LoadTestStep>[] {
  type Value = T extends 'loadbalancer.control.v1' ? WeightCommand : LoadTestStep;
  return recordsOf(site, topic)
    .slice(-newest)
    .map(({ appendMs, value }) => ({ appendMs, value: decodeFor(topic, value!) as Value }));
}

const recordsOf = (site: SteeredTier, topic: 'loadbalancer.control.v1' | 'instantdyno.loadtests.v1') =>
  site
    .partition(topic)
    .records.filter(
      ({ transaction, value, key }) =>
        value !== null &&
        transaction?.outcome === 'committed' &&
        [site.name, site.pool].includes(key?.toString() ?? ''),
    );

/** Commands of this number, `epoch.seq`, among the newest: more than one only where two took the same lease. */
export const commandOfNumber = (site: SteeredTier, number: string): readonly Given<WeightCommand>[] =>
  recordsOf(site, 'loadbalancer.control.v1')
    .slice(-40)
    .map(({ appendMs, value }) => ({ appendMs, value: decodeFor('loadbalancer.control.v1', value!) }))
    .filter(({ value }) => numberOf(value) === number);

export const numberOf = ({ epoch, seq }: { readonly epoch: number; readonly seq: number }): string => `${epoch}.${seq}`;

/** Of a test, or a step between tests. */
export const isRaise = ({ mode, weights }: WeightCommand): boolean =>
  (mode === 'test' || mode === 'steady') &&
  weights.some(({ weight, previous }) => previous !== undefined && weight > previous);

/** What there is, and how often. */
function inTimes(names: readonly string[]): (readonly [name: string, times: string])[] {
  const times = new Map<string, number>();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return [...times].map(([name, count]) => [name, String(count)]);
}

/** The decisions of `instantdyno.loadtests.v1` name every command once, and no other; numbers are given once and rise. */
export function checkCommands(site: SteeredTier): void {
  const commands = committed(site, 'loadbalancer.control.v1').map(({ value }) => value);
  const steps = committed(site, 'instantdyno.loadtests.v1').map(({ value }) => value);
  const told = steps.flatMap(({ epoch, commandSeq, runId }) =>
    commandSeq === undefined ? [] : [`${numberOf({ epoch, seq: commandSeq })} of ${runId}`],
  );
  const given = commands.map((command) => `${numberOf(command)} of ${command.runId}`);
  compareRows('decisions', inTimes(told), new Map(inTimes(given)));
  // Controllers of two groups that begin at the same moment take the same lease: the log fences neither.
  if (site.world.hasRivals) return;
  const numbers = commands.map(numberOf);
  deepEqual(
    numbers.filter((number, at) => numbers.indexOf(number) !== at),
    [],
    'numbers that were given twice',
  );
}
