import { incompatibilities, type Level, levels, parseAvro } from './compatibility.ts';
import { refusals } from './refusal.ts';
import type { SubjectVersion } from './schema-records.ts';
import type { SchemaStore } from './schema-store.ts';

export interface RegistryRequest {
  readonly method: string;
  /** Path parts, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** Parsed JSON; `undefined` when there was none. */
  readonly body: unknown;
}

type Asked = RegistryRequest & { readonly store: SchemaStore; readonly values: readonly string[] };
type Route = readonly [method: string, path: string, answer: (asked: Asked) => unknown];

/** `undefined` = no such path. Throws a `Refusal`. */
export async function answer(store: SchemaStore, request: RegistryRequest): Promise<unknown> {
  for (const [method, path, respond] of routes) {
    const values = method === request.method ? matched(path, request.parts) : undefined;
    if (values !== undefined) return await respond({ ...request, store, values });
  }
  return undefined;
}

const routes: readonly Route[] = [
  ['GET', '', () => ({})],
  ['GET', 'subjects', ({ store, query }) => subjectsOf(store, query)],
  ['POST', 'subjects/:s', lookUp],
  ['DELETE', 'subjects/:s', removeSubject],
  [
    'GET',
    'subjects/:s/versions',
    ({ store, query, values }) => known(store, values[0]!, flag(query, 'deleted')).map(({ version }) => version),
  ],
  ['POST', 'subjects/:s/versions', register],
  ['GET', 'subjects/:s/versions/:v', (asked) => shown(versionAsked(asked))],
  ['GET', 'subjects/:s/versions/:v/schema', (asked) => JSON.parse(versionAsked(asked).schema)],
  ['DELETE', 'subjects/:s/versions/:v', removeVersion],
  ['GET', 'schemas/types', () => ['AVRO']],
  ['GET', 'schemas/ids/:id', (asked) => ({ schema: schemaAsked(asked) })],
  ['GET', 'schemas/ids/:id/schema', (asked) => JSON.parse(schemaAsked(asked))],
  [
    'GET',
    'schemas/ids/:id/versions',
    (asked) => usesAsked(asked).map(({ subject, version }) => ({ subject, version })),
  ],
  ['GET', 'schemas/ids/:id/subjects', (asked) => [...new Set(usesAsked(asked).map(({ subject }) => subject))]],
  ['POST', 'compatibility/subjects/:s/versions', checkCompatibility],
  ['POST', 'compatibility/subjects/:s/versions/:v', checkCompatibility],
  ['GET', 'config', ({ store }) => ({ compatibilityLevel: store.effectiveLevel(undefined) })],
  ['PUT', 'config', setLevel],
  ['GET', 'config/:s', levelOf],
  ['PUT', 'config/:s', setLevel],
  ['DELETE', 'config/:s', dropLevel],
  ['GET', 'mode', () => ({ mode: 'READWRITE' })],
  ['GET', 'mode/:s', () => ({ mode: 'READWRITE' })],
  [
    'PUT',
    'mode',
    () => {
      throw refusals.modeFixed();
    },
  ],
  [
    'PUT',
    'mode/:s',
    () => {
      throw refusals.modeFixed();
    },
  ],
  ['GET', 'contexts', () => ['.']],
];

function matched(path: string, parts: readonly string[]): readonly string[] | undefined {
  const wanted = path === '' ? [] : path.split('/');
  if (wanted.length !== parts.length) return undefined;
  const fits = wanted.every((part, i) => part.startsWith(':') || part === parts[i]);
  return fits ? parts.filter((_, i) => wanted[i]!.startsWith(':')) : undefined;
}

async function register({ store, values, body }: Asked): Promise<unknown> {
  const { id, version, schema } = await store.register(values[0]!, schemaOfBody(body));
  return { id, version, schema };
}

function lookUp({ store, values, query, body }: Asked): unknown {
  const [subject] = values as [string];
  const withDeleted = flag(query, 'deleted');
  const schemaJson = schemaOfBody(body);
  parseAvro(schemaJson);
  known(store, subject, withDeleted);
  const found = store.find(subject, schemaJson, withDeleted);
  if (found === undefined) throw refusals.schemaUnknown();
  return shown(found);
}

async function removeSubject({ store, values, query }: Asked): Promise<number[]> {
  const [subject] = values as [string];
  const all = known(store, subject, true);
  const live = store.versions(subject);
  if (flag(query, 'permanent')) {
    if (live.length > 0) throw refusals.subjectNotDeleted(subject);
    await store.remove(all, true);
    return all.map(({ version }) => version);
  }
  if (live.length === 0) throw refusals.subjectDeleted(subject);
  await store.remove(live, false);
  return live.map(({ version }) => version);
}

async function removeVersion({ store, values, query }: Asked): Promise<number> {
  const [subject, asked] = values as [string, string];
  const found = pick(known(store, subject, true), asked);
  const permanent = flag(query, 'permanent');
  if (permanent && !found.deleted) throw refusals.versionNotDeleted(subject, found.version);
  if (!permanent && found.deleted) throw refusals.versionDeleted(subject, found.version);
  await store.remove([found], permanent);
  return found.version;
}

function checkCompatibility({ store, values, query, body }: Asked): unknown {
  const [subject, asked] = values as [string, string | undefined];
  const schemaJson = schemaOfBody(body);
  parseAvro(schemaJson);
  const all = store.versions(subject);
  // Against nothing everything is compatible; only a version asked for by number must be there.
  const against =
    asked === undefined || (asked === 'latest' && all.length === 0) ? all : [pick(known(store, subject, false), asked)];
  const earlier = against.map((each) => ({ version: each.version, schemaJson: each.schema }));
  const reasons = incompatibilities({ level: store.effectiveLevel(subject), schemaJson, earlier });
  return { is_compatible: reasons.length === 0, ...(flag(query, 'verbose') ? { messages: reasons } : {}) };
}

function levelOf({ store, values, query }: Asked): unknown {
  const [subject] = values as [string];
  const own = store.levelOf(subject);
  if (own === undefined && !flag(query, 'defaultToGlobal')) throw refusals.noLevel(subject);
  return { compatibilityLevel: own ?? store.effectiveLevel(undefined) };
}

async function setLevel({ store, values, body }: Asked): Promise<unknown> {
  const asked = field(body, 'compatibility');
  const level = levels.find((each) => each === asked?.toUpperCase());
  if (level === undefined) throw refusals.invalidLevel(asked ?? 'none given');
  await store.setLevel(values[0], level);
  return { compatibility: level };
}

async function dropLevel({ store, values }: Asked): Promise<{ compatibilityLevel: Level }> {
  const [subject] = values as [string];
  const own = store.levelOf(subject);
  if (own === undefined) throw refusals.subjectUnknown(subject);
  await store.setLevel(subject, undefined);
  return { compatibilityLevel: own };
}

function subjectsOf(store: SchemaStore, query: URLSearchParams): string[] {
  const prefix = query.get('subjectPrefix') ?? '';
  return store.subjects(flag(query, 'deleted')).filter((subject) => subject.startsWith(prefix));
}

function known(store: SchemaStore, subject: string, withDeleted: boolean): readonly SubjectVersion[] {
  const versions = store.versions(subject, withDeleted);
  if (versions.length === 0) throw refusals.subjectUnknown(subject);
  return versions;
}

const versionAsked = ({ store, values, query }: Asked): SubjectVersion =>
  pick(known(store, values[0]!, flag(query, 'deleted')), values[1]!);

function pick(versions: readonly SubjectVersion[], asked: string): SubjectVersion {
  if (asked === 'latest' || asked === '-1') return versions.at(-1)!;
  const version = Number(asked);
  if (!Number.isInteger(version) || version < 1 || version > 2 ** 31 - 1) throw refusals.invalidVersion(asked);
  const found = versions.find((each) => each.version === version);
  if (found === undefined) throw refusals.versionUnknown(version);
  return found;
}

function schemaAsked({ store, values }: Asked): string {
  const id = Number(values[0]);
  const schema = store.schemaOf(id);
  if (schema === undefined) throw refusals.schemaUnknown(id);
  return schema;
}

function usesAsked(asked: Asked): readonly SubjectVersion[] {
  schemaAsked(asked);
  return asked.store.usesOf(Number(asked.values[0]));
}

const shown = ({ subject, version, id, schema }: SubjectVersion): unknown => ({ subject, version, id, schema });

const flag = (query: URLSearchParams, name: string): boolean => query.get(name) === 'true';

function schemaOfBody(body: unknown): string {
  const type = field(body, 'schemaType') ?? 'AVRO';
  if (type !== 'AVRO') throw refusals.invalidSchema(`this registry keeps Avro schemas, not ${type}`);
  if (hasReferences(body)) throw refusals.invalidSchema('this registry does not keep references between schemas');
  const schema = field(body, 'schema');
  if (schema === undefined || schema === '')
    throw refusals.invalidSchema('the body has no "schema", a string of Avro JSON');
  return schema;
}

function field(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value = (body as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

function hasReferences(body: unknown): boolean {
  const references = typeof body === 'object' && body !== null && 'references' in body ? body.references : undefined;
  return Array.isArray(references) && references.length > 0;
}
