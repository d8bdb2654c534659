import { equal, match, rejects } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { DynoError } from '../../base/errors.ts';
import { startOverwatch } from '../../overwatch/server.ts';
import type { StatusReport } from '../../overwatch/status-report.ts';
import { fleetForTests, statusForTests } from '../../overwatch/testing/synthetic-program.ts';
import { status } from './status.ts';

async function run(dataDir: string, options: Record<string, unknown> = {}) {
  const stdout = new PassThrough();
  const exitCode = await status.run({
    args: [],
    options: { data: dataDir, ...options },
    signal: new AbortController().signal,
    stdout,
    stderr: new PassThrough(),
  });
  return { exitCode, text: String(stdout.read()) };
}

async function programWith(t: TestContext, report: StatusReport): Promise<string> {
  const dataDir = await folderOf(t);
  const overwatch = await startOverwatch({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    version: '0.1.0',
    live: fleetForTests(),
    queries: async () => ({ contentType: 'text/plain', body: '' }),
    status: () => report,
  });
  t.after(() => overwatch.close());
  return dataDir;
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dyno-status-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a healthy program is shown stage by stage, exit 0', async (t) => {
  const { exitCode, text } = await run(await programWith(t, statusForTests()));
  equal(exitCode, 0);
  match(text, /^healthy {3}dynoscope 0\.1\.0, up 60 s$/m);
  match(text, /^hosts {5}13 alive: 1 real, 12 simulated; 0 silent$/m);
  match(text, /^windows {2}running {2}4 +2023-11-14T22:13:23 {2}12 +0\.4 +100 +97 +1 +2 +0 +0 +adds up$/m);
});

test('--json gives the report as one line', async (t) => {
  const { exitCode, text } = await run(await programWith(t, statusForTests()), { json: true });
  equal(exitCode, 0);
  equal(text, `${JSON.stringify(statusForTests())}\n`);
});

test('a problem, a failed stage or a ledger that does not add up is exit 1', async (t) => {
  const healthy = statusForTests();
  const stage = healthy.stages[0]!;
  for (const [sick, says] of [
    [{ ...healthy, problems: ['ClickHouse is away.'] }, /^problem {3}ClickHouse is away\.$/m],
    [
      { ...healthy, stages: [{ ...stage, state: 'failed', error: 'disk full' }] },
      /^problem {3}stage windows is failed: disk full$/m,
    ],
    [{ ...healthy, stages: [{ ...stage, windowed: 96 }] }, /OFF BY 1$/m],
    [{ ...healthy, ready: false }, /^STARTING/m],
  ] as const) {
    const { exitCode, text } = await run(await programWith(t, sick));
    equal(exitCode, 1);
    match(text, says);
  }
});

test('without a running program the message names the directory and the next step', async (t) => {
  const folder = await folderOf(t);
  await rejects(run(folder), (error: DynoError) => {
    equal(error.code, 'DYNO_CLI_NOT_RUNNING');
    match(error.message, /it has no api\.json.*npm start.*--data/);
    return true;
  });
  await writeFile(join(folder, 'api.json'), JSON.stringify({ url: 'http://127.0.0.1:1', token: 'x', pid: 1 }));
  await rejects(run(folder), /process 1 does not answer on http:\/\/127\.0\.0\.1:1/);
});
