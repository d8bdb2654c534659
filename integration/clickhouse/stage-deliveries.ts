import { deepEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchOf, startOf, type TestRecord } from '../../pipelines/clickhouse/testing-batches.ts';
import { clickhouseStage } from '../../pipelines/clickhouse.ts';
import { rawStage } from '../../pipelines/raw.ts';
import { startGraph } from '../../pipelines/runtime/graph-run.ts';
import type { InsertOutput, Restored } from '../../pipelines/runtime/stage.ts';
import { type AvroTopic, codecOf, type TopicValues } from '../../schemas/codec.ts';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { newestInserted } from '../../sinks/clickhouse/newest-inserted.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import type { RowFormat } from '../../sinks/clickhouse/row-format.ts';
import { streamTables } from '../../sinks/clickhouse/tables.ts';
import { loadFile } from './load-file.ts';

export interface Delivery {
  readonly kind: 'raw' | 'clickhouse';
  readonly topic: AvroTopic;
  readonly records: readonly TestRecord[];
  /** The commit that the stage starts from. */
  readonly restored?: readonly Restored[];
}

/** A whole 10 s within the time that rows are kept. */
export const baseMs = Math.floor(Date.now() / 10_000) * 10_000 - 60_000;
const schemaId = 9;

export const recordOf = <T extends AvroTopic>(
  topic: T,
  value: TopicValues[T],
  key = 'k',
  appendMs = baseMs,
): TestRecord => ({ appendMs, key, value: codecOf(topic).encode(value, schemaId) });

/** Records through their stage into the real engine; and beside that as a server would get them, into tables of the same schema. */
export class StageDeliveries {
  readonly clickHouse: ClickHouse;
  readonly #dataDir: string;

  private constructor(clickHouse: ClickHouse, dataDir: string) {
    this.clickHouse = clickHouse;
    this.#dataDir = dataDir;
  }

  static async open(): Promise<StageDeliveries> {
    const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
    const clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
    await migrate(clickHouse);
    await command(clickHouse, 'CREATE DATABASE server ENGINE = Atomic');
    for (const table of streamTables) await command(clickHouse, `CREATE TABLE server.${table} AS dynoscope.${table}`);
    return new StageDeliveries(clickHouse, dataDir);
  }

  async close(): Promise<void> {
    await this.clickHouse.close();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  /** What a run of the stage does: asks how far it got, reads all records, inserts. Answers the count of inserts. */
  async deliver(delivery: Delivery): Promise<number> {
    const inserts = await this.#insertsOf(delivery, 'TabSeparated');
    const toServer = await this.#insertsOf(delivery, 'RowBinaryWithNamesAndTypes');
    const named = inserts.map(({ table, token, columns, rowCount }) => ({ table, token, columns, rowCount }));
    deepEqual(
      toServer.map(({ table, token, columns, rowCount }) => ({ table, token, columns, rowCount })),
      named,
    );
    for (const insert of inserts) await performInsert(this.clickHouse, insert);
    for (const { table, columns, format, token, rows } of toServer) {
      const sql = `INSERT INTO server.${table} (${columns.join(', ')}) FORMAT ${format}`;
      await loadFile(this.clickHouse, { sql, token, rows, folder: this.#dataDir });
    }
    return inserts.length;
  }

  /** The first row of an answer. */
  async one(sql: string): Promise<Record<string, unknown> | undefined> {
    return (await ask(this.clickHouse, { sql }))[0];
  }

  async #insertsOf(delivery: Delivery, rowFormat: RowFormat): Promise<readonly InsertOutput[]> {
    const { kind, topic, records, restored } = delivery;
    const stage = (kind === 'raw' ? rawStage : clickhouseStage)({
      schemaById: () => Promise.resolve(codecOf(topic).schemaJson),
      newestInserted: (question) => newestInserted(this.clickHouse, question),
      rowFormat,
    });
    const start = startOf(stage.name, topic, restored ?? []);
    await stage.beforeStart?.(start.identity);
    const batch = batchOf(records, { topic });
    await stage.prepare(batch);
    return startGraph(stage.graph(start))
      .push(batch)
      .filter((output) => output.kind === 'insert');
  }
}
