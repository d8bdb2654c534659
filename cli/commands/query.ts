import { existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { DynoError } from '../../base/errors.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { paramsFor, type SavedQuery, savedQueries } from '../../sinks/clickhouse/saved-queries.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { openQuerySource, type QuerySource } from '../query-source.ts';
import { tableText } from '../table-text.ts';

const formats = { table: 'JSONCompact', csv: 'CSV', json: 'JSONEachRow', parquet: 'Parquet' } as const;
type Format = keyof typeof formats;

/** `dynoscope query`: saved questions and read-only SQL. */
export const query = defineCommand({
  name: 'query',
  summary: 'Answers a saved question or read-only SQL from ClickHouse; without a name it lists the saved questions.',
  configure: (command) =>
    command
      .argument('[name]', 'a saved query')
      .option('--sql <sql>', 'SQL instead of a saved query: one statement that reads')
      .option('--param <name=value>', 'a parameter, {name:Type} in the SQL; may be given again', collect, [])
      .option('--format <format>', 'table, csv, json (one object a line) or parquet', 'table')
      .option('--json', 'the same as --format json')
      .option('--data <dir>', 'data directory of the running program; default: that of the settings'),
  example: 'dynoscope query --sql "SELECT host, avg(cpu_busy_ratio) FROM dynoscope.host_windows GROUP BY host"',
  run: async (call) => {
    const question = questionOf(call);
    if (question === undefined) return listQueries(call);
    const { data } = call.options;
    const overrides = typeof data === 'string' ? { data_dir: data } : {};
    const settings = loadSettings({ cwd: process.cwd(), env: process.env, overrides });
    if (settings.clickhouse.url === undefined && !existsSync(settings.dataDir)) throw noData(settings.dataDir);
    const source = await openQuerySource(settings);
    try {
      await answer(call, source, question);
    } finally {
      await source.close();
    }
    return 0;
  },
});

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

interface Question {
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
  readonly format: Format;
}

function questionOf({ args, options }: CommandCall): Question | undefined {
  const [name] = args;
  const { sql } = options;
  const given = givenParams(options['param']);
  const format = options['json'] === true ? 'json' : formatOf(String(options['format']));
  if (typeof sql === 'string') {
    if (name !== undefined) throw wrongUse(`both a name ("${name}") and --sql were given; give one`);
    return { sql, params: given, format };
  }
  if (name === undefined) return undefined;
  const known = savedQueries();
  const found = known.find((saved) => saved.name === name);
  if (found === undefined) {
    throw wrongUse(`there is no saved query "${name}"; there are ${known.map((saved) => saved.name).join(', ')}`);
  }
  return { sql: found.sql, params: paramsFor(found, given), format };
}

function givenParams(values: unknown): Readonly<Record<string, string>> {
  const pairs = (Array.isArray(values) ? values : []).map((value) => {
    const text = String(value);
    const at = text.indexOf('=');
    if (at <= 0) throw wrongUse(`--param ${text} is not name=value`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

function formatOf(text: string): Format {
  if (Object.hasOwn(formats, text)) return text as Format;
  throw wrongUse(`--format ${text} is unknown; expected ${Object.keys(formats).join(', ')}`);
}

async function answer(call: CommandCall, source: QuerySource, { sql, params, format }: Question): Promise<void> {
  if (format === 'parquet' && 'isTTY' in call.stdout && call.stdout.isTTY === true) {
    throw wrongUse(
      'parquet is bytes and would spoil the terminal; send it to a file: … --format parquet > out.parquet',
    );
  }
  const body = await source.ask({ sql, params, format: formats[format], signal: call.signal });
  if (format !== 'table') return pipeline(body, call.stdout, { end: false });
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as Uint8Array));
  call.stdout.write(tableText(Buffer.concat(chunks).toString()));
}

function listQueries(call: CommandCall): number {
  const all = savedQueries();
  if (call.options['json'] === true) {
    for (const saved of all) call.stdout.write(`${JSON.stringify(saved)}\n`);
    return 0;
  }
  const width = Math.max(...all.map((saved) => saved.name.length));
  for (const saved of all) {
    call.stdout.write(`${saved.name.padEnd(width)}  ${saved.question}\n`);
    for (const param of saved.params) call.stdout.write(`${' '.repeat(width)}    --param ${paramText(param)}\n`);
  }
  return 0;
}

const paramText = ({ name, default: fallback, says }: SavedQuery['params'][number]): string =>
  `${name}=${fallback ?? '…'}  ${says}`;

const wrongUse = (why: string): DynoError => new DynoError('DYNO_USAGE_QUERY', `${why}; see "dynoscope query --help"`);

const noData = (dataDir: string): DynoError =>
  new DynoError(
    'DYNO_CLI_NOT_RUNNING',
    `there is no data directory ${dataDir}; start the program with "npm start", name another with --data, or set CLICKHOUSE_URL`,
  );
