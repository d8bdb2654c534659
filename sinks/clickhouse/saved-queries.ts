import { readdirSync, readFileSync } from 'node:fs';
import { DynoError } from '../../base/errors.ts';
import { projectFile } from '../../base/project-file.ts';

/** A question that is already written: a file of `queries/`. */
export interface SavedQuery {
  readonly name: string;
  /** What it answers, in one sentence. */
  readonly question: string;
  readonly sql: string;
  readonly params: readonly SavedQueryParam[];
}

export interface SavedQueryParam {
  readonly name: string;
  /** As in the SQL: `{minutes:UInt32}`. */
  readonly type: string;
  readonly default?: string;
  readonly says: string;
}

const folder = projectFile('sinks', 'clickhouse', 'queries');

/** All saved queries by name, in alphabetical order. */
export const savedQueries = (): readonly SavedQuery[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => parseSavedQuery(file.replace(/\.sql$/, ''), readFileSync(`${folder}/${file}`, 'utf8')));

/** The values for a run: those given, else the defaults. Throws DYNO_USAGE_QUERY_PARAM for a missing or unknown one. */
export function paramsFor(
  query: SavedQuery,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const known = query.params.map((param) => param.name);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw badParam(query, `has no parameter "${name}"`);
  }
  const values: Record<string, string> = {};
  for (const param of query.params) {
    const value = given[param.name] ?? param.default;
    if (value === undefined) throw badParam(query, `needs --param ${param.name}=… (${param.says})`);
    values[param.name] = value;
  }
  return values;
}

/**
 * A header of comments, then the SQL:
 * `-- Which hosts are hot?` (the question), `-- @param minutes UInt32 = 10: how far back` (a parameter each).
 */
export function parseSavedQuery(name: string, text: string): SavedQuery {
  const lines = text.split('\n');
  const headerEnd = lines.findIndex((line) => !line.startsWith('--'));
  const header = lines.slice(0, headerEnd).map((line) => line.replace(/^--\s?/, '').trim());
  const question = header.filter((line) => !line.startsWith('@') && line !== '').join(' ');
  const params = header.filter((line) => line.startsWith('@param')).map((line) => parseParam(name, line));
  const sql = lines.slice(headerEnd).join('\n').trim().replace(/;$/, '');
  for (const [, used] of sql.matchAll(/\{(\w+):[^}]+\}/g)) {
    if (!params.some((param) => param.name === used))
      throw broken(name, `its SQL uses {${used}}, which no "-- @param" line names`);
  }
  if (question === '' || sql === '') throw broken(name, 'it needs a question in its first comment line, and SQL');
  return { name, question, sql, params };
}

function parseParam(query: string, line: string): SavedQueryParam {
  const found = /^@param (?<name>\w+) (?<type>\S+)(?: = (?<default>[^:]*))?: (?<says>.+)$/.exec(line)?.groups;
  if (found === undefined) throw broken(query, `"${line}" is not "@param name Type = default: what it says"`);
  const { name = '', type = '', says = '' } = found;
  const fallback = found['default']?.trim();
  return { name, type, says, ...(fallback !== undefined && { default: fallback }) };
}

const badParam = (query: SavedQuery, why: string): DynoError =>
  new DynoError(
    'DYNO_USAGE_QUERY_PARAM',
    `the saved query "${query.name}" ${why}; its parameters: ${query.params.map((param) => param.name).join(', ') || 'none'}`,
  );

const broken = (name: string, why: string): DynoError =>
  new DynoError('DYNO_CLICKHOUSE_SAVED_QUERY', `sinks/clickhouse/queries/${name}.sql cannot be used: ${why}`);
