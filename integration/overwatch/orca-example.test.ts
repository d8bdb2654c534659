import { equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, type TestContext, test } from 'node:test';
import { projectFile } from '../../base/project-file.ts';
import { type Overwatch, startOverwatch } from '../../overwatch/server.ts';
import { fleetForTests, statusForTests } from '../../overwatch/testing/synthetic-program.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { readOnlyQuery } from '../../sinks/clickhouse/read-only-query.ts';
import { atEnd } from '../system/running.ts';
import { capacityBuild, insertLoadTests, testedTier } from './sample-load-tests.ts';

/** The example of docs/load-reports.md as a process, over Overwatch on the real engine. */
const dataDir = mkdtempSync(join(tmpdir(), 'dyno-orca-'));
let clickHouse: ClickHouse;
let overwatch: Overwatch;

before(async () => {
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir: join(dataDir, 'ch') });
  await migrate(clickHouse);
  await insertLoadTests(clickHouse, Math.floor(Date.now() / 1_000) * 1_000);
  overwatch = await startOverwatch({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    version: '0.1.0',
    live: fleetForTests(),
    queries: (request) => readOnlyQuery(clickHouse, request),
    status: statusForTests,
  });
});
after(async () => {
  await overwatch.close();
  await clickHouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Its address, and its end. */
async function startExample(t: TestContext, kind: Readonly<Record<string, string>>) {
  const env = { ...process.env, OVERWATCH_URL: overwatch.url, PORT: '0', ...kind };
  const child: ChildProcess = spawn(process.execPath, [projectFile('docs/examples/orca-server.mjs')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  atEnd(t, async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await ended;
  });
  const url = await new Promise<string>((resolve) =>
    createInterface({ input: child.stdout! }).once('line', (line) => resolve(line)),
  );
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return ended;
  };
  return { url, stop };
}

const reportOf = async (url: string): Promise<string | null> => {
  const answer = await fetch(url, { headers: { connection: 'close' } });
  await answer.text();
  return answer.headers.get('endpoint-load-metrics');
};

test('a server reports hits over the capacity of its own generation and build, so that its weight is that capacity', async (t) => {
  for (const [generation, build, lambda100] of [
    ['NHM', capacityBuild, 48],
    ['NHM', 'rel-840', 46.5],
    ['SNB', 'not tested yet', 116.16],
  ] as const) {
    const { url, stop } = await startExample(t, { TIER: testedTier, GENERATION: generation, BUILD: build });
    equal(await reportOf(url), 'TEXT application_utilization=0, rps_fractional=0, eps=0');
    for (let i = 0; i < 40; i++) await reportOf(url);
    await reportOf(`${url}/broken`);
    const report = (await reportOf(url)) ?? '';
    match(report, /^TEXT application_utilization=[\d.]+, rps_fractional=[\d.]+, eps=[\d.]+$/);
    const [utilization = 0, hitsPerSecond = 0, errorsPerSecond = 0] = [...report.matchAll(/=([\d.]+)/g)].map((found) =>
      Number(found[1]),
    );
    ok(Math.abs(hitsPerSecond / utilization / lambda100 - 1) < 1e-4, `${report} for ${lambda100}`);
    ok(Math.abs(hitsPerSecond / errorsPerSecond / 42 - 1) < 1e-3, `${report}: one of 42 hits was an error`);
    equal(await stop(), 0);
  }
});

test('a server of a kind that no load test has measured reports nothing', async (t) => {
  const { url, stop } = await startExample(t, { TIER: testedTier, GENERATION: 'VSS', BUILD: capacityBuild });
  await reportOf(url);
  equal(await reportOf(url), null);
  equal(await stop(), 0);
});
