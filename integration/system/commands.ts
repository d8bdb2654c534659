import { equal, match, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { projectFile } from '../../base/project-file.ts';
import type { CommandSpec } from '../../cli/command.ts';
import { commandSpecs } from '../../cli/commands/index.ts';
import { freshFolder, type Running, stageOf, startRunning, until } from './running.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line of a shell in which `dynoscope` is the program, as in the examples. */
function shell(line: string, cwd: string): Promise<Ended> {
  const program = `dynoscope() { "${process.execPath}" "${projectFile('dist/cli/dynoscope.js')}" "$@"; }`;
  const env = { ...process.env, DYNO_LOG_LEVEL: 'warn', KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '' };
  const child = spawn('/bin/sh', ['-c', `${program}\n${line}`], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** A fresh folder with what the examples name: the examples of the repository. */
function freshPlace(t: TestContext): string {
  const cwd = freshFolder(t);
  symlinkSync(projectFile('docs'), join(cwd, 'docs'));
  return cwd;
}

/** Examples that ask the running program; the others run on a folder where nothing has run yet. */
const asksRunning = new Set(['status', 'query']);

/** Every command says how it is used, and its example works as it stands. `start`'s own is `start.test.ts`. */
export async function commandsWork(t: TestContext): Promise<void> {
  const cwd = freshPlace(t);
  const running = await startRunning(t, { args: ['--hosts', '8'], cwd });
  await until('windows', 40_000, async () =>
    (await running.ask('SELECT count() AS n FROM dynoscope.host_windows'))[0]?.['n'] === 0 ? undefined : true,
  );
  for (const spec of commandSpecs) {
    await t.test(`${spec.name} --help ends with an example that works`, () => exampleWorks(spec, cwd, freshPlace(t)));
  }
  await t.test('a wrong command or flag is told in a sentence, exit code 2', () => wrongUse(cwd));
  await t.test('a second program is refused, and the first goes on', () => secondRefused(t, running, cwd));
  equal(await running.program.signal('SIGINT'), 0, running.program.stderr);
}

async function exampleWorks(spec: CommandSpec, runningCwd: string, freshCwd: string): Promise<void> {
  const help = await shell(`dynoscope ${spec.name} --help`, freshCwd);
  equal(help.code, 0, help.stderr);
  ok(help.stdout.endsWith(`\nExample:\n  $ ${spec.example}\n`), help.stdout);
  match(spec.example, new RegExp(`^dynoscope ${spec.name}\\b`));
  if (spec.name === 'start') {
    equal(spec.example, 'dynoscope start --for 60s --json');
    return;
  }
  const cwds = asksRunning.has(spec.name) ? [runningCwd] : [freshCwd, runningCwd];
  for (const cwd of cwds) {
    const done = await shell(spec.example, cwd);
    equal(done.code, 0, `${spec.example}: ${done.stderr}`);
    ok(done.stdout + done.stderr !== '', `${spec.example} says nothing`);
  }
}

const wrongLines: readonly (readonly [line: string, says: RegExp])[] = [
  ['dynoscope frobnicate', /unknown command 'frobnicate'/],
  ['dynoscope start --prot 80', /unknown option '--prot'\n\(Did you mean --port\?\)/],
  ['dynoscope start --port 99999', /DYNO_USAGE_START: --port 99999 is not a whole number from 0 to 65535/],
  ['dynoscope start --for soon', /DYNO_USAGE_DURATION: .*--for.*soon/],
  ['dynoscope run widnows', /DYNO_USAGE_RUN: there is no stage "widnows"; stages are windows/],
  ['dynoscope run windows', /DYNO_USAGE_RUN: .*the log is embedded \(set KAFKA_BROKERS\)/],
  [
    'dynoscope balancer --haproxy /run/x.sock --backend web --pool p --tier web',
    /DYNO_USAGE_BALANCER: .*the log is embedded \(set KAFKA_BROKERS\)/,
  ],
  ['dynoscope balancer --haproxy x', /required option '--pool <name>' not specified/],
  ['dynoscope agent --root x', /DYNO_USAGE_AGENT: /],
  ['dynoscope topics aply', /DYNO_USAGE_/],
  ['dynoscope topology apply', /missing required argument 'file'/],
  ['dynoscope query nothing-like-that', /DYNO_USAGE_QUERY: there is no saved query "nothing-like-that"; there are /],
  ['dynoscope simulate --seed x', /DYNO_USAGE_SIMULATE: --seed is "x", expected a whole number/],
];

async function wrongUse(cwd: string): Promise<void> {
  for (const [line, says] of wrongLines) {
    const { code, stdout, stderr } = await shell(line, cwd);
    equal(code, 2, `${line}: ${stderr}`);
    match(stderr, says);
    equal(stdout, '', `${line} says nothing on stdout`);
    ok(!/^\s+at /m.test(stderr), `${line} shows a stack: ${stderr}`);
  }
}

async function secondRefused(t: TestContext, running: Running, cwd: string): Promise<void> {
  const second = await shell('dynoscope start --port 0 --for 5s', cwd);
  equal(second.code, 1, second.stderr);
  match(
    second.stderr,
    new RegExp(`^dynoscope: DYNO_LOG_DIR_IN_USE: .* in use by process ${running.program.pid}: .* --data\\.\n$`),
  );
  const elsewhere = freshFolder(t);
  const port = new URL(running.url).port;
  const taken = await shell(`dynoscope start --no-fleet --port ${port} --for 5s`, elsewhere);
  equal(taken.code, 1, taken.stderr);
  match(taken.stderr, new RegExp(`^dynoscope: DYNO_OVERWATCH_PORT_TAKEN: .*${port}.*\n$`));
  const before = stageOf(await running.status(), 'windows').windowed;
  await until('more records', 10_000, async () =>
    stageOf(await running.status(), 'windows').windowed > before ? true : undefined,
  );
  const status = await shell('dynoscope status', cwd);
  equal(status.code, 0, status.stdout + status.stderr);
}

const mistakes: readonly (readonly [file: string, text: string, says: RegExp])[] = [
  [
    'topology.yaml',
    'hosts:\n  - host: a\n    teir: web\n',
    /^dynoscope: DYNO_USAGE_TOPOLOGY: topology\.yaml:3: "teir"/,
  ],
  ['topology.yaml', 'hosts:\n  - {host: a,\n', /^dynoscope: DYNO_USAGE_TOPOLOGY: topology\.yaml:\d+: /],
  ['dynoscope.yaml', 'overwatch:\n  prot: 80\n', /^dynoscope: DYNO_USAGE_SETTINGS: dynoscope\.yaml:2: "prot" /],
  ['dynoscope.yaml', 'epoch: many\n', /^dynoscope: DYNO_USAGE_SETTINGS: dynoscope\.yaml:1: .*many/],
  ['dynoscope.yaml', 'overwatch: [\n', /^dynoscope: DYNO_USAGE_SETTINGS: dynoscope\.yaml:\d+: /],
];

/** A start on a file with a mistake ends before anything runs on it, with the place of the mistake. */
export async function mistakesInFiles(t: TestContext): Promise<void> {
  for (const [file, text, says] of mistakes) {
    const cwd = freshFolder(t);
    writeFileSync(join(cwd, file), text);
    const { code, stderr } = await shell('dynoscope start --no-fleet --port 0 --for 5s', cwd);
    equal(code, 2, stderr);
    match(stderr, says);
    equal(stderr.trimEnd().split('\n').length, 1, `one sentence, not ${stderr}`);
  }
}
