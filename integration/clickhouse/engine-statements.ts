import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createChdbConnection } from 'chdb/connection';
import { messageOf } from '../../base/errors.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { engineErrorOf } from '../../sinks/clickhouse/engine-error.ts';
import type { EngineAnswer } from './http-engine.ts';

type Connection = ReturnType<typeof createChdbConnection>;

/** Parameters of a request that are no settings of the engine. */
const ofHttp = /^(query|query_id|database|default_format|param_.*|enable_http_compression|wait_end_of_query)$/;
const insertPattern = /^\s*INSERT\s+INTO\s+([\w.]+)\s*(?:\(([^)]*)\))?\s*FORMAT\s+(\w+)\s*$/i;

/** Statements of HTTP requests, run by the engine in this process; what it refuses becomes the answer that a server gives. */
export class EngineStatements {
  readonly #clickHouse: ClickHouse;
  readonly #dataDir: string;
  #inserts: Connection | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #files = 0;

  constructor(clickHouse: ClickHouse, dataDir: string) {
    this.#clickHouse = clickHouse;
    this.#dataDir = resolve(dataDir);
  }

  /** Anything but an insert; its parameters are bound, its settings are those of the engine's own roles. */
  async run(sql: string, parameters: URLSearchParams): Promise<EngineAnswer> {
    const role = this.#clickHouse.role(parameters.has('readonly') ? 'readonly' : 'sink');
    const bound = [...parameters].flatMap(([name, value]) =>
      name.startsWith('param_') ? [[name.slice('param_'.length), value] as const] : [],
    );
    try {
      const body = await role.run(async ({ client }) => {
        const query_params = Object.fromEntries(bound);
        const { stream } = await client.exec({ query: sql, ...(bound.length > 0 && { query_params }) });
        return buffer(stream);
      });
      return { status: 200, body };
    } catch (error) {
      return refusal(error);
    }
  }

  /** `INSERT INTO table (columns) FORMAT name` with its rows as bytes, one at a time; settings go with the statement. */
  insert(sql: string, rows: Buffer, parameters: URLSearchParams): Promise<EngineAnswer> {
    const answer = this.#last.then(() => this.#insert(sql, rows, parameters));
    this.#last = answer;
    return answer;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#inserts?.close();
  }

  async #insert(sql: string, rows: Buffer, parameters: URLSearchParams): Promise<EngineAnswer> {
    const [, table, columns, format] = insertPattern.exec(sql) ?? [];
    if (table === undefined || format === undefined)
      return refusal(new Error(`Code: 62. DB::Exception: cannot parse "${sql}" (SYNTAX_ERROR)`));
    const settings = [...parameters].filter(([name]) => !ofHttp.test(name));
    this.#inserts ??= createChdbConnection({ path: this.#dataDir });
    const { chdb } = this.#inserts;
    try {
      if (format === 'TabSeparated') {
        const names = columns === undefined ? {} : { columns: columns.split(',').map((name) => name.trim()) };
        await chdb.rawInsert({ table, ...names, format, values: rows, settings: Object.fromEntries(settings) });
      } else {
        await this.#insertFile(chdb, {
          into: columns === undefined ? table : `${table} (${columns})`,
          format,
          rows,
          settings,
        });
      }
      return { status: 200, body: Buffer.alloc(0) };
    } catch (error) {
      // What failed may leave its output in the connection's next answer.
      const broken = this.#inserts;
      this.#inserts = undefined;
      await broken.close();
      return refusal(error);
    }
  }

  /** The raw way in takes text only: bytes of other formats go by a file. */
  async #insertFile(chdb: Connection['chdb'], { into, format, rows, settings }: FileInsert): Promise<void> {
    const file = join(this.#dataDir, `insert-${this.#files++}.rows`);
    await writeFile(file, rows);
    try {
      const words = settings.map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`).join(', ');
      const set = words === '' ? '' : ` SETTINGS ${words}`;
      await chdb.queryAsync(`INSERT INTO ${into} FROM INFILE '${file}'${set} FORMAT ${format}`);
    } finally {
      await rm(file, { force: true });
    }
  }
}

interface FileInsert {
  readonly into: string;
  readonly format: string;
  readonly rows: Buffer;
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** As a server words it: the client finds number and name of the error in the text. */
function refusal(error: unknown): EngineAnswer {
  const { number = 1002, name = 'UNKNOWN_EXCEPTION', message } = engineErrorOf(error);
  const said = /^Code: \d+/.test(message) ? messageOf(error) : `Code: ${number}. DB::Exception: ${message}. (${name})`;
  return { status: 500, exception: number, body: Buffer.from(`${said}\n`) };
}
