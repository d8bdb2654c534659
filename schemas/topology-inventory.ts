import { CheckedValue } from '../base/yaml/checked-value.ts';
import { parseYaml } from '../base/yaml/parse-yaml.ts';
import type { ServiceInfo } from './records.ts';
import type { Placement } from './topology.ts';
import { parseCsv } from './topology-csv.ts';

/** One line of an inventory: where a host belongs, and since when if the file says so. */
export interface InventoryHost {
  readonly host: string;
  readonly placement: Omit<Placement, 'validFromMs'>;
  readonly validFromMs: number | undefined;
  /** `topology.yaml:12`. */
  readonly place: string;
}

export interface Inventory {
  readonly hosts: readonly InventoryHost[];
  readonly services: readonly ServiceInfo[];
}

const code = 'DYNO_USAGE_TOPOLOGY';

/** Columns of a host entry and where they go. `host`, `tier` and `service` must be there. */
const hostKeys = {
  tier: 'tier',
  service: 'service',
  region: 'region',
  datacenter: 'datacenter',
  rack: 'rack',
  server_type: 'serverType',
  generation: 'generation',
  pool: 'pool',
  server: 'server',
  build: 'build',
  owner: 'owner',
} as const satisfies Record<string, keyof Placement>;
const placementKeys = Object.keys(hostKeys) as (keyof typeof hostKeys)[];
const hostColumns = ['host', ...placementKeys, 'valid_from'];
const serviceColumns = ['service', 'product', 'top_tier', 'web_related', 'reference', 'owners'];

/** Longest name of a host, tier, service, …: they are keys, columns and file names elsewhere. */
const nameMax = 255;

/**
 * Reads `topology.yaml` (keys `services` and `hosts`), or CSV when the file's name ends so (one host a line, names of
 * the columns in the first). Throws DYNO_USAGE_TOPOLOGY with file:line, the value, what was expected.
 */
export function parseInventory(source: { readonly file: string; readonly text: string }): Inventory {
  if (/\.csv$/i.test(source.file)) {
    return { hosts: distinctHosts(parseCsv({ ...source, columns: hostColumns, code }).map(hostOf)), services: [] };
  }
  const sections = parseYaml({ ...source, code }).fields('an inventory', ['services', 'hosts']);
  const items = (section: string) => listOf(sections.get(section), section);
  return { hosts: distinctHosts(items('hosts').map(hostOf)), services: distinct(items('services').map(serviceOf)) };
}

const listOf = (section: CheckedValue | undefined, what: string): readonly CheckedValue[] =>
  section === undefined || section.isAbsent ? [] : section.list(what);

function hostOf(entry: CheckedValue): InventoryHost {
  const fields = entry.fields('a host', hostColumns);
  const texts = Object.fromEntries(
    placementKeys.map((key) => [hostKeys[key], nameOf(entry, fields, key, key === 'tier' || key === 'service')]),
  ) as unknown as Omit<Placement, 'validFromMs'>;
  const host = nameOf(entry, fields, 'host', true);
  // A server of a pool is called as its host unless the balancer knows it by another name.
  const server = texts.server === '' && texts.pool !== '' ? host : texts.server;
  return {
    host,
    placement: { ...texts, server },
    validFromMs: validFromOf(fields.get('valid_from')),
    place: entry.place,
  };
}

function nameOf(entry: CheckedValue, fields: ReadonlyMap<string, CheckedValue>, key: string, needed: boolean): string {
  const value = fields.get(key);
  const text = value === undefined || value.isAbsent ? '' : value.scalarText(key).trim();
  if (text === '' && needed) throw (value ?? entry).fault(`a host needs "${key}"`);
  if (text.length > nameMax) throw value!.wrong(`a ${key} of at most ${nameMax} characters`);
  // biome's rule against control characters in patterns is why this is a comparison of codes.
  if ([...text].some((letter) => letter < ' ')) throw value!.wrong(`a ${key} without tabs and line breaks`);
  return text;
}

function validFromOf(value: CheckedValue | undefined): number | undefined {
  if (value === undefined || value.isAbsent || value.parsed === '') return undefined;
  const expected = 'a time for valid_from, ISO 8601 with its zone (2026-01-31T12:00:00Z) or ms since 1970';
  const written = value.parsed;
  const number = typeof written === 'string' && /^\d+$/.test(written) ? Number(written) : written;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  const hasZone = typeof number === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$/.test(number);
  const timeMs = hasZone ? Date.parse(number) : Number.NaN;
  if (Number.isNaN(timeMs)) throw value.wrong(expected);
  return timeMs;
}

function serviceOf(entry: CheckedValue): ServiceInfo & { readonly place: CheckedValue } {
  const fields = entry.fields('a service', serviceColumns);
  const flag = (key: string) => fields.get(key)?.flag(key) ?? false;
  return {
    service: nameOf(entry, fields, 'service', true),
    product: nameOf(entry, fields, 'product', false),
    topTier: nameOf(entry, fields, 'top_tier', false),
    webRelated: flag('web_related'),
    reference: flag('reference'),
    owners: listOf(fields.get('owners'), 'owners').map((owner) => owner.scalarText('an owner')),
    place: entry,
  };
}

function distinct(services: readonly (ServiceInfo & { readonly place: CheckedValue })[]): ServiceInfo[] {
  const seen = new Map<string, string>();
  return services.map(({ place, ...service }) => {
    const first = seen.get(service.service);
    if (first !== undefined) throw place.fault(`service "${service.service}" is already at ${first}`);
    seen.set(service.service, place.place);
    return service;
  });
}

/** A host may appear again only with another valid_from. */
function distinctHosts(hosts: readonly InventoryHost[]): readonly InventoryHost[] {
  const seen = new Map<string, string>();
  for (const { host, validFromMs, place } of hosts) {
    const key = `${host}\n${validFromMs ?? ''}`;
    const first = seen.get(key);
    if (first !== undefined) {
      const words = `host "${host}" is already at ${first}; give each of its placements its own valid_from`;
      throw new CheckedValue(place, host, code).fault(words);
    }
    seen.set(key, place);
  }
  return hosts;
}

/** Each host's entries, oldest first. Of several, one that does not say since when holds from the beginning. */
export function entriesByHost(inventory: Inventory): ReadonlyMap<string, readonly InventoryHost[]> {
  const groups = new Map<string, InventoryHost[]>();
  for (const entry of inventory.hosts) {
    const group = groups.get(entry.host);
    if (group === undefined) groups.set(entry.host, [entry]);
    else group.push(entry);
  }
  for (const [host, group] of groups) {
    if (group.length === 1) continue;
    const dated = group.map((entry) => ({ ...entry, validFromMs: entry.validFromMs ?? 0 }));
    groups.set(
      host,
      dated.sort((a, b) => a.validFromMs - b.validFromMs),
    );
  }
  return groups;
}
