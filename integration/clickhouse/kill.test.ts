import { deepEqual, equal, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DynoError } from '../../base/errors.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import { openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
after(() => rmSync(dataDir, { recursive: true, force: true }));
const kills = 6;
const rowsPerWindow = 5;

/** Starts the writer and kills it with SIGKILL so many windows after its first; answers the last that it said to be inserted. */
async function runAndKill(windows: number): Promise<number> {
  const script = fileURLToPath(new URL('./endless-writer.js', import.meta.url));
  const writer = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = -1;
  let seen = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line);
    seen += 1;
    if (seen === windows) writer.kill('SIGKILL');
  }
  return last;
}

test('after kill -9 at any moment every window that was said to be inserted is there exactly once', async () => {
  let last = -1;
  for (let kill = 0; kill < kills; kill++) last = Math.max(last, await runAndKill(3 + kill * 4));
  const clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
  try {
    const sql = `SELECT count() AS rows, uniqExact(time, host) AS different, max(toUnixTimestamp(time)) AS newest, countIf(time <= toDateTime(${last})) AS said FROM dynoscope.host_windows`;
    const [row] = await ask(clickHouse, { sql });
    equal(row?.['rows'], row?.['different']);
    const [first] = await ask(clickHouse, {
      sql: 'SELECT min(toUnixTimestamp(time)) AS first FROM dynoscope.host_windows',
    });
    equal(row?.['said'], ((last - Number(first?.['first'])) / 10 + 1) * rowsPerWindow);
    const next = Number(row?.['newest']);
    deepEqual(next === last || next === last + 10, true, `newest ${next}, last said ${last}`);
  } finally {
    await clickHouse.close();
  }
});

test('a server that is away is an outage: retryable, and the sentence says what was tried', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  const away = await openClickHouse({ url: `http://127.0.0.1:${port}`, user: 'default', password: '', dataDir: '' });
  try {
    await rejects(
      performInsert(away, {
        table: 't',
        token: 'x',
        columns: ['n'],
        format: 'TabSeparated',
        rows: Buffer.from('1\n'),
        rowCount: 1,
      }),
      (error) =>
        error instanceof DynoError &&
        error.code === 'DYNO_CLICKHOUSE_UNAVAILABLE' &&
        error.retryable &&
        error.message.includes('insert 1 rows into dynoscope.t'),
    );
  } finally {
    await away.close();
  }
});
