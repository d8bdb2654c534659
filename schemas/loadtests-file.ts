import type { CheckedValue } from '../base/yaml/checked-value.ts';
import { nearestName } from '../base/yaml/nearest-name.ts';
import { parseYaml } from '../base/yaml/parse-yaml.ts';
import { checkTopology, type PlacedHost } from './loadtests-file/check-topology.ts';
import { FaultList } from './loadtests-file/fault-list.ts';
import type { LoadTests, LoadTestTier } from './loadtests-file/load-tests.ts';
import { completeTier, type ReadTier, readTier } from './loadtests-file/read-tier.ts';

export interface LoadTestsSource {
  /** Name for messages. */
  readonly file: string;
  readonly text: string;
}

export const loadTestsCode = 'DYNO_USAGE_LOADTESTS';

/** Most tiers of one file. */
const tiersMax = 1_000;

/**
 * Reads `loadtests.yaml`, the file that names what may be steered, and holds it against the topology where `hosts` are
 * given: tiers and pools must be known, every server needs a safe weight, a panel must fit. Throws DYNO_USAGE_LOADTESTS
 * with every fault of the file: its line, the value, what was expected, what to do.
 */
export function parseLoadTests(source: LoadTestsSource, hosts?: readonly PlacedHost[]): LoadTests {
  const faults = new FaultList(source.file, loadTestsCode);
  const tiers = faults.collect(() => readTiers(parseYaml({ ...source, code: loadTestsCode }), faults)) ?? [];
  checkTwice(tiers, faults);
  checkNeighbours(tiers, faults);
  if (hosts !== undefined) checkTopology(tiers, hosts, faults);
  faults.throwIfAny();
  const complete = tiers.map((read) => {
    const tier = completeTier(read);
    if (tier === undefined) throw new Error(`a tier of ${source.file} has a fault that nobody told: a defect`);
    return tier;
  });
  return { tiers: complete.map((tier) => ({ ...tier, neighbours: neighboursOf(tier, complete) })) };
}

/** Being neighbours is mutual: it is enough that one of two names the other. */
const neighboursOf = ({ tier, neighbours }: LoadTestTier, tiers: readonly LoadTestTier[]): string[] =>
  tiers
    .flatMap((other) => (neighbours.includes(other.tier) || other.neighbours.includes(tier) ? [other.tier] : []))
    .sort();

/** Only a tier that is tested disturbs. */
function checkNeighbours(tiers: readonly ReadTier[], faults: FaultList): void {
  const names = tiers.flatMap(({ read }) => read.tier ?? []);
  for (const { fields, read } of tiers) {
    for (const name of read.neighbours ?? []) {
      const fault = (words: string) => faults.add(fields.get('neighbours')!.fault(words));
      if (name === read.tier) fault(`tier "${name}" names itself as its neighbour; leave it out`);
      else if (!names.includes(name))
        fault(`neighbour "${name}" is no tier of this file${near(name, names)}; only tiers of the file are tested`);
    }
  }
}

function near(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? '' : `, did you mean "${nearest}"`;
}

function readTiers(file: CheckedValue, faults: FaultList): ReadTier[] {
  const tiers = file.fields('the load tests', ['tiers'], faults.add).get('tiers');
  const advice = 'list under "tiers" what may be steered, or remove the file';
  if (tiers === undefined || tiers.isAbsent) throw (tiers ?? file).fault(`the file names no tier; ${advice}`);
  const written = tiers.list('tiers');
  if (written.length === 0 || written.length > tiersMax) {
    throw tiers.fault(`the file names ${written.length} tiers, expected 1 to ${tiersMax}; ${advice}`);
  }
  return written.flatMap((at) => readTier(at, faults) ?? []);
}

/** Two controllers of one tier, or of one pool, would undo each other's weights. */
function checkTwice(tiers: readonly ReadTier[], faults: FaultList): void {
  const placeOfTier = new Map<string, string>();
  const placeOfPool = new Map<string, string>();
  for (const { at, read, pools } of tiers) {
    if (read.tier !== undefined) {
      const first = placeOfTier.get(read.tier);
      if (first === undefined) placeOfTier.set(read.tier, at.place);
      else faults.add(at.fault(`tier "${read.tier}" is already at ${first}; keep one of the two`));
    }
    for (const {
      at: pool,
      pool: { name },
    } of pools) {
      if (name === undefined) continue;
      const first = placeOfPool.get(name);
      if (first === undefined) placeOfPool.set(name, pool.place);
      else faults.add(pool.fault(`pool "${name}" is already at ${first}; a pool is steered for one tier, once`));
    }
  }
}
