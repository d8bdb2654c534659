import { readFileSync } from 'node:fs';
import { DynoError, messageOf } from '../base/errors.ts';
import { projectFile } from '../base/project-file.ts';
import type { CheckedValue } from '../base/yaml/checked-value.ts';
import { parseYaml } from '../base/yaml/parse-yaml.ts';
import { type Fault, faultKinds } from './faults.ts';
import { type FleetOptions, type LoadShape, usualShape } from './fleet.ts';
import { tierSpecs } from './tiers.ts';

/** What is simulated, apart from seed and duration. */
export interface Scenario extends Omit<FleetOptions, 'seed'> {
  /** First second: the same scenario and seed give the same records, so it does not come from a clock. */
  readonly startMs: number;
}

export const scenarioNames = ['fleet', 'web', 'quiet'] as const;

const code = 'DYNO_USAGE_SCENARIO';
const keys = ['hosts', 'start', 'tiers', 'load', 'faults'];
const faultKeys = ['kind', 'host', 'tier', 'hosts', 'from_s', 'for_s', 'size'];
const defaultHosts = 240;
const defaultStartMs = Date.UTC(2016, 6, 10);

/** A scenario by its name, or from a YAML file. Throws DYNO_USAGE_SCENARIO. */
export function loadScenario(nameOrFile: string): Scenario {
  const known = scenarioNames.find((name) => name === nameOrFile);
  const file = known === undefined ? nameOrFile : projectFile('simulate', 'scenarios', `${known}.yaml`);
  try {
    return parseScenario({ file: nameOrFile, text: readFileSync(file, 'utf8') });
  } catch (error) {
    if (error instanceof DynoError) throw error;
    throw new DynoError(
      code,
      `there is no scenario "${nameOrFile}": it is neither a name (${scenarioNames.join(', ')}) nor a file that can be read ` +
        `(${messageOf(error)})`,
      { cause: error, details: { scenario: nameOrFile } },
    );
  }
}

/** Throws DYNO_USAGE_SCENARIO with file:line, the value, what was expected. */
export function parseScenario(source: { readonly file: string; readonly text: string }): Scenario {
  const fields = parseYaml({ ...source, code }).fields('a scenario', keys);
  const tiers = fields
    .get('tiers')
    ?.list('tiers')
    .map((tier) => tier.oneOf('tiers', tierNames));
  return {
    hosts: fields.get('hosts')?.number('hosts', hostsRange) ?? defaultHosts,
    startMs: startOf(fields.get('start')),
    shape: shapeOf(fields.get('load')),
    faults: (fields.get('faults')?.list('faults') ?? []).map(faultOf),
    ...(tiers && { tiers }),
  };
}

const tierNames = tierSpecs.map(({ tier }) => tier);
const hostsRange = { min: 1, max: 100_000, integer: true };
const secondsRange = { min: 0, max: 31_536_000, integer: true };

function startOf(value: CheckedValue | undefined): number {
  if (value === undefined) return defaultStartMs;
  const startMs = Date.parse(value.scalarText('start'));
  if (Number.isNaN(startMs) || startMs < 0 || startMs % 1_000 !== 0)
    throw value.wrong('a whole second such as 2016-07-10T00:00:00Z for start');
  return startMs;
}

function shapeOf(value: CheckedValue | undefined): LoadShape {
  if (value === undefined) return usualShape;
  const fields = value.fields('load', ['scale', 'swing', 'wander']);
  return {
    scale: fields.get('scale')?.number('scale', { min: 0, max: 10 }) ?? usualShape.scale,
    swing: fields.get('swing')?.number('swing', { min: 0, max: 10 }) ?? usualShape.swing,
    wander: fields.get('wander')?.number('wander', { min: 0, max: 1 }) ?? usualShape.wander,
  };
}

function faultOf(entry: CheckedValue): Fault {
  const fields = entry.fields('a fault', faultKeys);
  const need = (key: string): CheckedValue => {
    const value = fields.get(key);
    if (value === undefined) throw entry.fault(`a fault needs "${key}"`);
    return value;
  };
  const size = fields.get('size')?.number('size', { min: 0, max: 1e6 });
  return {
    kind: need('kind').oneOf('kind', faultKinds),
    target: targetOf(entry, fields),
    fromMs: need('from_s').number('from_s', secondsRange) * 1_000,
    forMs: need('for_s').number('for_s', secondsRange) * 1_000,
    ...(size !== undefined && { size }),
  };
}

function targetOf(entry: CheckedValue, fields: ReadonlyMap<string, CheckedValue>): Fault['target'] {
  const host = fields.get('host');
  const tier = fields.get('tier');
  if ((host === undefined) === (tier === undefined)) throw entry.fault('a fault needs either "host" or "tier"');
  if (host !== undefined) return { host: host.text('host') };
  return { tier: tier!.oneOf('tier', tierNames), hosts: fields.get('hosts')?.number('hosts', hostsRange) ?? 1 };
}
