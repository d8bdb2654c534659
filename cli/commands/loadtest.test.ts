import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { loadtest } from './loadtest.ts';

/** Beside no program: an embedded log in a folder of its own, which is there or not. */
async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dyno-loadtest-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function run(args: readonly string[], options: Readonly<Record<string, unknown>>) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  const exitCode = await loadtest.run({ args, options, signal, stdout, stderr });
  return { exitCode, said: String(stdout.read() ?? ''), told: String(stderr.read() ?? '') };
}

test('where no program runs, a stop, a start or a failover is refused: nobody would hear it', async (t) => {
  const data = await folderOf(t);
  for (const action of ['stop', 'start', 'disturb'])
    await rejects(run([action, 'web'], { data }), (error: { code?: string; message?: string }) => {
      match(error.message ?? '', new RegExp(`^nothing was done: no program runs on .*nobody would hear "${action}"`));
      return error.code === 'DYNO_CLI_NOT_RUNNING';
    });
});

test('a kill switch may be engaged before a program starts, and says that nobody hears it yet', async (t) => {
  const data = await folderOf(t);
  const { exitCode, said, told } = await run(['kill', 'web'], { data });
  deepEqual([exitCode, said], [1, '']);
  match(told, /^Nothing runs on the data directory .*"kill" was written there, and no balancer hears it before /);
  match(told, /touch the kill file/);
});

test('a data directory that is not there is not made: a look finds no tier, a kill switch is refused', async (t) => {
  const data = join(await folderOf(t), 'elsewhere');
  const { exitCode, told } = await run(['status'], { data });
  equal(exitCode, 0);
  match(told, /^No tier is steered: /);
  match((await run(['status', 'web'], { data })).told, /^Nothing is known of tier "web": /);
  await rejects(run(['kill'], { data }), { code: 'DYNO_CLI_NOT_RUNNING' });
  equal(existsSync(data), false);
});
