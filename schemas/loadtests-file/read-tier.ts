import type { CheckedValue } from '../../base/yaml/checked-value.ts';
import type { FaultList } from './fault-list.ts';
import { readHours } from './hours.ts';
import {
  balancerKinds,
  type LoadTestPool,
  type LoadTestTier,
  largestShareMax,
  panelHostsMax,
  steadyWeightsKinds,
  weightLimit,
} from './load-tests.ts';
import { readSafeWeights } from './read-safe-weights.ts';

const keys = [
  'tier',
  'pools',
  'slo',
  'hours',
  'largest_share',
  'panel',
  'safe_weights',
  'steady_weights',
  'weight_max',
  'refresh_h',
  'bake_minutes',
  'neighbours',
  'enabled',
  'dry_run',
];
const nameMax = 255;
const poolsMax = 100;
const neighboursMax = 50;
const latencyMsMax = 600_000;
const bakeMinutes = { fallback: 15, min: 0, max: 1_440 };
const refreshHours = { fallback: 24, min: 1, max: 720 };

/** What could be read of a tier: a field that is wrong is undefined, its fault is in the list. */
export interface ReadTier {
  /** Where the tier begins. */
  readonly at: CheckedValue;
  readonly fields: ReadonlyMap<string, CheckedValue>;
  readonly pools: readonly { readonly at: CheckedValue; readonly pool: Partial<LoadTestPool> }[];
  readonly read: Partial<Omit<LoadTestTier, 'pools'>>;
}

/** Reads one entry under `tiers`; every fault goes to the list. */
export function readTier(at: CheckedValue, faults: FaultList): ReadTier | undefined {
  const fields = faults.collect(() => at.fields('a tier', keys, faults.add));
  if (fields === undefined) return undefined;
  const need = <T>(key: string, example: string, read: (value: CheckedValue) => T): T | undefined =>
    faults.collect(() => {
      const value = fields.get(key);
      if (value === undefined || value.isAbsent) throw (value ?? at).fault(`a tier needs "${key}"; write ${example}`);
      return read(value);
    });
  const may = <T>(key: string, fallback: T, read: (value: CheckedValue) => T): T | undefined =>
    faults.collect(() => {
      const value = fields.get(key);
      return value === undefined || value.isAbsent ? fallback : read(value);
    });
  const weightMax = may('weight_max', weightLimit, (value) => whole(value, 'weight_max', 1, weightLimit));
  const read = {
    tier: need('tier', 'its name as in the topology', (value) => nameIn(value, 'tier')),
    slo: need('slo', '{ p95_ms: 400, error_ratio: 0.01 }', (value) => readSlo(value, faults)),
    hours: need('hours', 'always, or times in UTC like [mon-fri 06:00-22:00]', readHours),
    largestShare: may('largest_share', largestShareMax, readShare),
    panelHosts: may('panel', undefined, (value) => whole(value, 'panel', 1, panelHostsMax)),
    safeWeights: need('safe_weights', 'one number for all servers, or one by server', (value) =>
      readSafeWeights(value, { weightMax: weightMax ?? weightLimit, faults }),
    ),
    steadyWeights: may('steady_weights', 'observe' as const, (value) =>
      value.oneOf('steady_weights', steadyWeightsKinds),
    ),
    weightMax,
    refreshHours: may('refresh_h', refreshHours.fallback, (value) =>
      value.number('refresh_h, hours', { min: refreshHours.min, max: refreshHours.max }),
    ),
    bakeS: may('bake_minutes', bakeMinutes.fallback * 60, (value) => 60 * value.number('bake_minutes', bakeMinutes)),
    neighbours: may('neighbours', [], (value) => readNeighbours(value, faults)),
    enabled: may('enabled', true, (value) => value.flag('enabled')),
    dryRun: may('dry_run', false, (value) => value.flag('dry_run')),
  };
  const pools = need('pools', '[{ name: web-north, balancer: haproxy }]', (value) => readPools(value, faults));
  return { at, fields, pools: pools ?? [], read: defined(read) };
}

/** The tier when nothing of it was wrong. */
export function completeTier({ pools, read }: ReadTier): LoadTestTier | undefined {
  const { tier, slo, hours, largestShare, safeWeights, steadyWeights, weightMax, refreshHours, bakeS, enabled } = read;
  const complete = pools.flatMap(({ pool: { name, balancer } }) =>
    name === undefined || balancer === undefined ? [] : [{ name, balancer }],
  );
  if (tier === undefined || slo === undefined || hours === undefined || safeWeights === undefined) return undefined;
  if (largestShare === undefined || weightMax === undefined || refreshHours === undefined) return undefined;
  if (bakeS === undefined || enabled === undefined || steadyWeights === undefined) return undefined;
  const { panelHosts, neighbours, dryRun } = read;
  if (neighbours === undefined || dryRun === undefined) return undefined;
  if (complete.length !== pools.length || pools.length === 0) return undefined;
  const rest = { largestShare, panelHosts, safeWeights, steadyWeights, weightMax, refreshHours, bakeS };
  const switches = { neighbours, enabled, dryRun };
  return { tier, pools: complete, slo, hours, ...rest, ...switches };
}

function readPools(value: CheckedValue, faults: FaultList): ReadTier['pools'] {
  const written = value.list('pools');
  if (written.length === 0 || written.length > poolsMax) {
    throw value.fault(`pools has ${written.length} entries, expected 1 to ${poolsMax}; name the pools of the tier`);
  }
  return written.map((at) => {
    const fields = faults.collect(() => at.fields('a pool', ['name', 'balancer'], faults.add)) ?? new Map();
    const need = <T>(key: string, read: (field: CheckedValue) => T): T | undefined =>
      faults.collect(() => {
        const field: CheckedValue | undefined = fields.get(key);
        if (field === undefined || field.isAbsent) {
          throw (field ?? at).fault(`a pool needs "${key}"; write { name: web-north, balancer: haproxy }`);
        }
        return read(field);
      });
    // A pool that is no mapping has said so already.
    if (!(at.parsed instanceof Map)) return { at, pool: {} };
    const name = need('name', (field) => nameIn(field, 'a pool'));
    const balancer = need('balancer', (field) => field.oneOf('balancer', balancerKinds));
    return { at, pool: defined({ name, balancer }) };
  });
}

function readNeighbours(value: CheckedValue, faults: FaultList): readonly string[] {
  const written = value.list('neighbours');
  if (written.length > neighboursMax)
    throw value.fault(`neighbours has ${written.length} entries, expected at most ${neighboursMax}`);
  const placeOf = new Map<string, string>();
  for (const each of written) {
    const name = nameIn(each, 'a neighbour');
    const first = placeOf.get(name);
    if (first === undefined) placeOf.set(name, each.place);
    else faults.add(each.fault(`neighbour "${name}" is already at ${first}; name it once`));
  }
  return [...placeOf.keys()];
}

function readSlo(value: CheckedValue, faults: FaultList): LoadTestTier['slo'] | undefined {
  const fields = value.fields('slo', ['p95_ms', 'error_ratio'], faults.add);
  const need = (key: string, read: (field: CheckedValue) => number): number | undefined =>
    faults.collect(() => {
      const field = fields.get(key);
      if (field === undefined || field.isAbsent) {
        throw (field ?? value).fault(`slo needs "${key}"; write { p95_ms: 400, error_ratio: 0.01 }`);
      }
      return read(field);
    });
  const p95Ms = need('p95_ms', (field) => field.number('p95_ms', { min: 1, max: latencyMsMax }));
  const errorRatio = need('error_ratio', (field) => {
    const ratio = field.parsed;
    if (typeof ratio === 'number' && ratio >= 0 && ratio < 1) return ratio;
    throw field.wrong('a part of the requests, from 0 to less than 1, for error_ratio; write 0.01 for 1 %');
  });
  return p95Ms === undefined || errorRatio === undefined ? undefined : { p95Ms, errorRatio };
}

function readShare(value: CheckedValue): number {
  const share = value.parsed;
  if (typeof share === 'number' && share > 0 && share <= largestShareMax) return share;
  throw value.wrong(
    `a part of the tier over 0 and at most ${largestShareMax} for largest_share; write a smaller one or leave it out`,
  );
}

const whole = (value: CheckedValue, what: string, min: number, max: number): number =>
  value.number(what, { min, max, integer: true });

function nameIn(value: CheckedValue, what: string): string {
  const name = value.scalarText(what).trim();
  if (name === '' || name.length > nameMax) throw value.wrong(`a name of 1 to ${nameMax} characters for ${what}`);
  return name;
}

/** The fields that are there. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
