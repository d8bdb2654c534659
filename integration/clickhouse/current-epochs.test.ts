import { deepEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { chooseEpoch, epochChoices } from '../../sinks/clickhouse/current-epochs.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-epochs-'));
let clickHouse: ClickHouse;
/** A while ago, as older rows expire; all of it on one day. */
const quarterMs = 900_000;
const startMs = Math.floor((Date.now() - quarterMs) / quarterMs) * quarterMs;

before(async () => {
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
  await migrate(clickHouse);
  // The same windows of one host computed twice: 20 % busy as epoch 1, 60 % as epoch 2.
  for (const [epoch, busy] of [
    [1, 0.2],
    [2, 0.6],
  ] as const) {
    const rows = [10, 20, 30].map((s) => `${startMs / 1_000 + s}\th\tweb\twww\t10\t${busy}\tx-0\t${epoch}\n`);
    await performInsert(clickHouse, {
      table: 'host_windows',
      token: `e${epoch}`,
      columns: ['time', 'host', 'tier', 'service', 'samples', 'cpu_busy_ratio', 'src', 'epoch'],
      format: 'TabSeparated',
      rows: Buffer.from(rows.join('')),
      rowCount: rows.length,
    });
  }
});
after(async () => {
  await clickHouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const p95 = async (): Promise<unknown> => {
  const rows = await ask(clickHouse, {
    sql: `SELECT round(cpu_p5, 3) AS low, round(cpu_p95, 3) AS high FROM dynoscope.v_comparison`,
  });
  return rows.map(({ low, high }) => [low, high]);
};

test('the views show the epoch that was chosen last, for the times it was chosen for', async () => {
  await chooseEpoch(clickHouse, { fromMs: 0, toMs: 4_294_967_295_000, epoch: 1 });
  deepEqual(await p95(), [[0.2, 0.2]]);
  await chooseEpoch(clickHouse, { fromMs: startMs + 10_000, toMs: startMs + 30_000, epoch: 2 });
  deepEqual(await p95(), [[0.2, 0.6]]);
  await chooseEpoch(clickHouse, { fromMs: 0, toMs: 4_294_967_295_000, epoch: 2 });
  deepEqual(await p95(), [[0.6, 0.6]]);
  deepEqual(
    (await epochChoices(clickHouse)).map(({ epoch }) => epoch),
    [2, 2, 1],
  );
});
