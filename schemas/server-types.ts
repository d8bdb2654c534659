import { readFileSync } from 'node:fs';
import { projectFile } from '../base/project-file.ts';
import type { CheckedValue } from '../base/yaml/checked-value.ts';
import { parseYaml } from '../base/yaml/parse-yaml.ts';

/** A standard system of one year: the cells of its column. */
export interface ServerType {
  readonly year: number;
  /** Roman number: `I`, `III`, … */
  readonly type: string;
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
  readonly disk: string;
  readonly serversPerRack: number;
}

/** A generation of type I web servers. */
export interface ServerGeneration {
  readonly year: number;
  /** Short name: what placements and scenarios say. */
  readonly name: string;
  readonly rackComposition: string;
  readonly coresSpeed: string;
  /** One of the two is known, as the table counts real cores up to 2008 and logical CPUs since. */
  readonly realCores: number | undefined;
  readonly logicalCpus: number | undefined;
  readonly ghz: number;
  /** Relative compute units, NHM = 1; undefined where the table withholds them (shown as X). */
  readonly rcu: number | undefined;
}

export interface ServerTypes {
  readonly serverTypes: readonly ServerType[];
  readonly generations: readonly ServerGeneration[];
}

const fileName = 'schemas/server-types.yaml';
const typeKeys = ['year', 'type', 'name', 'cpu', 'memory', 'disk', 'servers_per_rack'];
const generationKeys = ['year', 'name', 'rack_composition', 'cores_speed', 'real_cores', 'logical_cpus', 'ghz', 'rcu'];

/** The tables that are shipped with the program. */
export const loadServerTypes = (): ServerTypes =>
  parseServerTypes({ file: fileName, text: readFileSync(projectFile(fileName), 'utf8') });

/** Throws DYNO_USAGE_SERVER_TYPES with file:line, the value, what was expected. */
export function parseServerTypes(source: { readonly file: string; readonly text: string }): ServerTypes {
  const tables = parseYaml({ ...source, code: 'DYNO_USAGE_SERVER_TYPES' });
  const sections = tables.fields('the server tables', ['server_types', 'generations']);
  return {
    serverTypes: unique(
      sections.get('server_types')?.list('server types') ?? [],
      typeOf,
      (it) => `${it.year} ${it.type}`,
    ),
    generations: unique(sections.get('generations')?.list('generations') ?? [], generationOf, ({ name }) => name),
  };
}

/** The generation with this short name, in any case. */
export const generationNamed = (tables: ServerTypes, name: string): ServerGeneration | undefined =>
  tables.generations.find((generation) => generation.name.toLowerCase() === name.toLowerCase());

/**
 * Logical CPUs of a server of this generation; undefined = no line of the table. Up to 2008 it counts real cores: those
 * processors (L5420) have one thread a core, so the number is the same.
 */
export function logicalCpusOf(tables: ServerTypes, name: string): number | undefined {
  const generation = generationNamed(tables, name);
  return generation?.logicalCpus ?? generation?.realCores;
}

function typeOf(entry: CheckedValue): ServerType {
  const cell = cellsOf(entry, 'a server type', typeKeys);
  return {
    year: cell('year').number('year', yearRange),
    type: cell('type').text('type'),
    name: cell('name').text('name'),
    cpu: cell('cpu').text('cpu'),
    memory: cell('memory').text('memory'),
    disk: cell('disk').text('disk'),
    serversPerRack: cell('servers_per_rack').number('servers_per_rack', countRange),
  };
}

function generationOf(entry: CheckedValue): ServerGeneration {
  const fields = entry.fields('a generation', generationKeys);
  const cell = cellsOf(entry, 'a generation', generationKeys);
  const rcu = cell('rcu');
  if (fields.has('real_cores') === fields.has('logical_cpus')) {
    throw entry.fault('a generation needs either "real_cores" or "logical_cpus"');
  }
  return {
    year: cell('year').number('year', yearRange),
    name: cell('name').text('name'),
    rackComposition: cell('rack_composition').text('rack_composition'),
    coresSpeed: cell('cores_speed').text('cores_speed'),
    realCores: fields.get('real_cores')?.number('real_cores', countRange),
    logicalCpus: fields.get('logical_cpus')?.number('logical_cpus', countRange),
    ghz: cell('ghz').number('ghz', { min: 0.1, max: 20 }),
    rcu: rcu.parsed === 'X' ? undefined : rcu.number('rcu (or X)', { min: 0.01, max: 1_000 }),
  };
}

const yearRange = { min: 1970, max: 2100, integer: true };
const countRange = { min: 1, max: 100_000, integer: true };

function cellsOf(entry: CheckedValue, what: string, keys: readonly string[]): (key: string) => CheckedValue {
  const fields = entry.fields(what, keys);
  return (key) => {
    const value = fields.get(key);
    if (value === undefined) throw entry.fault(`${what} needs "${key}"`);
    return value;
  };
}

function unique<T>(entries: readonly CheckedValue[], read: (entry: CheckedValue) => T, keyOf: (row: T) => string): T[] {
  const seen = new Map<string, string>();
  return entries.map((entry) => {
    const row = read(entry);
    const first = seen.get(keyOf(row));
    if (first !== undefined) throw entry.fault(`${keyOf(row)} is already at ${first}`);
    seen.set(keyOf(row), entry.place);
    return row;
  });
}
