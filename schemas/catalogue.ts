import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { DynoError } from '../base/errors.ts';
import { projectFile } from '../base/project-file.ts';
import { catalogueVersion, counters } from './counters.ts';

/** Names of the counters by version. Blocks and kept hours name none: a position means a counter of their version. */
export interface Catalogue {
  readonly version: number;
  readonly names: readonly string[];
  readonly older: ReadonlyMap<number, readonly string[]>;
}

export const catalogueFolder = 'schemas/generated/catalogues';

/** The names of this version, as a file that later versions keep. */
export const catalogueFile = ({ version, names }: Pick<Catalogue, 'version' | 'names'>): [string, string] => [
  `${catalogueFolder}/${version}.json`,
  `${JSON.stringify(names, undefined, 1)}\n`,
];

export const currentCatalogue: Catalogue = {
  version: catalogueVersion,
  names: counters.map(({ name }) => name),
  older: keptCatalogues(catalogueVersion),
};

/**
 * Where each counter of that version is in this one, by name; -1 = it is gone. Undefined for this very version. Throws
 * for a newer one, retryable: its blocks are not lost, they wait for a program that knows it.
 */
export function positionsIn(catalogue: Catalogue, version: number): readonly number[] | undefined {
  if (version === catalogue.version) return undefined;
  if (version > catalogue.version) throw newer(catalogue, version);
  const known = positionsOf.get(catalogue) ?? new Map<number, readonly number[]>();
  positionsOf.set(catalogue, known);
  const before = known.get(version);
  if (before !== undefined) return before;
  const names = catalogue.older.get(version);
  if (names === undefined) throw unknown(version);
  const now = new Map(catalogue.names.map((name, position) => [name, position]));
  const positions = names.map((name) => now.get(name) ?? -1);
  known.set(version, positions);
  return positions;
}

const positionsOf = new WeakMap<Catalogue, Map<number, readonly number[]>>();

function keptCatalogues(current: number): ReadonlyMap<number, readonly string[]> {
  const folder = projectFile(catalogueFolder);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const versions = names.map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1])).filter((version) => version < current);
  return new Map(
    versions.map((version) => {
      const text = readFileSync(projectFile(catalogueFolder, `${version}.json`), 'utf8');
      return [version, JSON.parse(text) as string[]];
    }),
  );
}

const newer = ({ version: ours }: Catalogue, version: number): DynoError =>
  new DynoError(
    'DYNO_SCHEMA_CATALOGUE_NEWER',
    `a block or a kept hour was written with version ${version} of the counter catalogue, this program knows ` +
      `versions up to ${ours}; it waits: start the version of the program that wrote it, or a newer one`,
    { retryable: true, details: { version, ours } },
  );

const unknown = (version: number): DynoError =>
  new DynoError(
    'DYNO_SCHEMA_CATALOGUE_UNKNOWN',
    `version ${version} of the counter catalogue has no file in ${catalogueFolder}, so the columns of what was written ` +
      'with it cannot be named; bring that file back from the version of the program that wrote it',
    { details: { version } },
  );
