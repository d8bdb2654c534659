import type { SimulatedServer } from '../../../log/simulated/network.ts';
import type { InsertOutput } from '../../../pipelines/runtime/stage.ts';
import type { ResumeQuestion } from '../../../sinks/clickhouse/newest-inserted.ts';
import { resumeColumnOf } from '../../../sinks/clickhouse/tables.ts';

/** A row as it was inserted: fields of TabSeparated, by the names of its insert's columns. */
export type FoundRow = ReadonlyMap<string, string>;

export interface SimulatedClickHouseOptions {
  /** Tokens remembered by a table: `non_replicated_deduplication_window`. */
  readonly tokensMax: number;
}

interface Table {
  readonly rows: FoundRow[];
  readonly tokens: Set<string>;
}

/** ClickHouse as far as deduplication goes: a table drops an insert whose token is among its last ones. */
export class SimulatedClickHouse implements SimulatedServer {
  away = false;
  answerLostRatio = 0;
  slowRatio = 0;
  /** Inserts that were dropped for their token. */
  dropped = 0;
  /** Inserts that came again beyond the memory of tokens, and are merged away by their key. */
  mergedLater = 0;
  /** Told of every insert that was applied, before the answer goes back. */
  onApplied: (insert: InsertOutput) => void = () => {};
  readonly #tables = new Map<string, Table>();
  readonly #tokensMax: number;

  constructor({ tokensMax }: SimulatedClickHouseOptions) {
    this.#tokensMax = tokensMax;
  }

  /**
   * `ofZombie`: who sent it stood still in the middle, while others took its task over and went on. When it arrives so
   * late that its token is forgotten, nothing keeps it from being stored again: then all of its rows must be there
   * already, equal field by field, for that is what ReplacingMergeTree makes one row of.
   */
  insert(output: InsertOutput, { ofZombie = false } = {}): void {
    const { rows, tokens } = this.#table(output.table);
    if (tokens.has(output.token)) {
      this.dropped++;
    } else if (ofZombie && areAllIn(rows, rowsIn(output))) {
      this.mergedLater++;
    } else {
      for (const row of rowsIn(output)) rows.push(row);
      tokens.add(output.token);
      for (const oldest of tokens) {
        if (tokens.size <= this.#tokensMax) break;
        tokens.delete(oldest);
      }
    }
    this.onApplied(output);
  }

  newestInserted({ table, src, epoch }: ResumeQuestion): number | undefined {
    const { name, is } = resumeColumnOf(table);
    let newest: number | undefined;
    for (const row of this.rows(table)) {
      if (row.get('src') !== src || row.get('epoch') !== String(epoch)) continue;
      const value = Number(row.get(name)) * (is === 'time' ? 1_000 : 1);
      newest = newest === undefined ? value : Math.max(newest, value);
    }
    return newest;
  }

  /** Every row that was ever stored, nothing merged. */
  rows(table: string): readonly FoundRow[] {
    return this.#table(table).rows;
  }

  #table(name: string): Table {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = { rows: [], tokens: new Set() };
      this.#tables.set(name, table);
    }
    return table;
  }
}

function areAllIn(rows: readonly FoundRow[], wanted: readonly FoundRow[]): boolean {
  const there = new Set(rows.map(inOneLine));
  return wanted.every((row) => there.has(inOneLine(row)));
}

const inOneLine = (row: FoundRow): string => JSON.stringify([...row]);

const rowsIn = ({ columns, rows }: InsertOutput): FoundRow[] =>
  rows
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const fields = line.split('\t');
      return new Map(columns.map((column, i) => [column, fields[i]!]));
    });
