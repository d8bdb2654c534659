import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode, messageOf } from '../../../base/errors.ts';
import { serverWeights } from '../../../schemas/weight-state.ts';
import { weightsOfState } from '../driver.ts';
import { AdapterWorld, named } from '../testing/adapter-world.ts';
import type { Command } from './run-command.ts';
import { TemplateDriver } from './template.ts';

const template = 'server a weight={{weight s1}};\nserver b weight={{weight s2}};\n';
const textWith = (s1: number, s2: number): string => `server a weight=${s1};\nserver b weight=${s2};\n`;
const weights = (s1: number, s2: number): ReadonlyMap<string, number> => new Map(Object.entries({ s1, s2 }));

const node = (script: string, ...args: string[]): Command => [process.execPath, '-e', script, ...args];
const ends = (code: number, saying = ''): Command =>
  node(`console.error(${JSON.stringify(saying)});process.exitCode=${code}`);
/** Keeps the file's text as that which runs, as a balancer that reloads does. */
const loads = (file: string): Command => node('const f=process.argv[1];fs.copyFileSync(f,f+".runs")', file);

interface World {
  readonly file: string;
  readonly driver: (commands?: { check?: Command; reload?: Command; commandTimeoutMs?: number }) => TemplateDriver;
  readonly stands: () => string;
  readonly runs: () => string;
}

/** A folder with a template and a file of weights 100 and 100, which runs. */
async function withFolder(work: (world: World) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'template-'));
  const [file, templateFile] = [join(folder, 'web.conf'), join(folder, 'web.template')];
  writeFileSync(templateFile, template);
  for (const path of [file, `${file}.runs`]) writeFileSync(path, textWith(100, 100));
  try {
    await work({
      file,
      driver: (commands) =>
        new TemplateDriver({
          templateFile,
          file,
          check: ends(0),
          reload: loads(file),
          commandTimeoutMs: 10_000,
          ...commands,
        }),
      stands: () => readFileSync(file, 'utf8'),
      runs: () => readFileSync(`${file}.runs`, 'utf8'),
    });
    deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.new')),
      [],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('weights are written, run, and are read from the file as it stands', () =>
  withFolder(async ({ file, driver, runs }) => {
    chmodSync(file, 0o640);
    const balancer = driver();
    await balancer.write(weights(242, 40));
    equal(runs(), textWith(242, 40));
    deepEqual(weightsOfState(await balancer.read()), weights(242, 40));
    writeFileSync(file, textWith(7, 8));
    deepEqual([...(await balancer.read())][0], ['s1', { weight: 7, configuredWeight: undefined, healthy: undefined }]);
    equal(statSync(file).mode & 0o777, 0o640);
    equal(existsSync(`${file}.before`), false);
  }));

test('the check sees the new text beside the old one, before it takes its place', () =>
  withFolder(async ({ file, driver }) => {
    const both = node(
      'const r=(f)=>fs.readFileSync(f,"utf8");fs.writeFileSync(process.argv[1]+".seen",r(process.argv[1])+r(process.argv[1]+".new"))',
      file,
    );
    await driver({ check: both }).write(weights(2, 3));
    equal(readFileSync(`${file}.seen`, 'utf8'), textWith(100, 100) + textWith(2, 3));
  }));

test('what the check refuses is not put there, and the refusal is told', () =>
  withFolder(async ({ driver, stands, runs }) => {
    const write = driver({ check: ends(1, '[emerg] invalid weight\nin web.conf:1') }).write(weights(2, 3));
    await rejects(write, (error) => {
      ok(hasCode(error, 'DYNO_BALANCER_UNREACHABLE'));
      match(
        messageOf(error),
        /the check of .*web\.conf failed: .* ended with exit code 1: \[emerg\] invalid weight; in web/,
      );
      return true;
    });
    deepEqual([stands(), runs()], [textWith(100, 100), textWith(100, 100)]);
  }));

test('when the reload fails the old text stands again, and the next read makes the balancer run it', () =>
  withFolder(async ({ file, driver, stands, runs }) => {
    const runsAndFails = node(
      'const f=process.argv[1];fs.copyFileSync(f,f+".runs");console.log("no pid");process.exit(3)',
      file,
    );
    const broken = driver({ reload: runsAndFails });
    await rejects(broken.write(weights(2, 3)), /the reload of .* ended with exit code 3: no pid/);
    deepEqual([stands(), runs()], [textWith(100, 100), textWith(2, 3)]);
    await rejects(broken.read(), /the reload of/);
    await rejects(broken.write(weights(4, 5)), /not taken back yet/);
    deepEqual(weightsOfState(await driver().read()), weights(100, 100));
    equal(runs(), textWith(100, 100));
    await driver().write(weights(4, 5));
    equal(runs(), textWith(4, 5));
  }));

test('a change that a crash cut off before or after its rename is taken back by the next read', () =>
  withFolder(async ({ file, driver, stands, runs }) => {
    for (const standing of [textWith(100, 100), textWith(2, 3)]) {
      linkSync(file, `${file}.before`);
      rmSync(file);
      for (const path of [file, `${file}.new`]) writeFileSync(path, standing);
      writeFileSync(`${file}.runs`, textWith(2, 3));
      deepEqual(weightsOfState(await driver().read()), weights(100, 100));
      deepEqual([stands(), runs()], [textWith(100, 100), textWith(100, 100)]);
    }
  }));

test('a command that does not end is killed with what it started, and counts as refused', () =>
  withFolder(async ({ file, driver, stands }) => {
    const hangs = node(
      'const c=require("child_process").spawn(process.execPath,["-e","setInterval(()=>{},9e4)"],{stdio:"inherit"});' +
        'fs.writeFileSync(process.argv[1]+".pid",String(c.pid));console.log("waiting");setInterval(()=>{},9e4)',
      file,
    );
    const write = driver({ check: hangs, commandTimeoutMs: 2_000 }).write(weights(2, 3));
    await rejects(write, /did not end within 2000 ms: waiting/);
    equal(stands(), textWith(100, 100));
    const grandchild = Number(readFileSync(`${file}.pid`, 'utf8'));
    ok(await gone(grandchild), `${grandchild} still runs`);
  }));

test('a daemon that a command leaves behind with its output open does not hold the write up', () =>
  withFolder(async ({ file, driver, runs }) => {
    const leaves = node(
      'const f=process.argv[1];fs.copyFileSync(f,f+".runs");' +
        'require("child_process").spawn(process.execPath,["-e","setTimeout(()=>{},4000)"],{stdio:"inherit",detached:true}).unref()',
      file,
    );
    await driver({ reload: leaves, commandTimeoutMs: 2_000 }).write(weights(2, 3));
    equal(runs(), textWith(2, 3));
  }));

test('no shell reads a command, and one that is not there is a refusal', () =>
  withFolder(async ({ driver }) => {
    await rejects(
      driver({ check: ['/nowhere/nginx -t; true'] }).write(weights(2, 3)),
      /cannot be run, spawn \/nowhere/,
    );
  }));

test('a file of somebody else, or none, is refused by reading', () =>
  withFolder(async ({ file, driver }) => {
    writeFileSync(file, 'server c;\n');
    await rejects(driver().read(), /is not what .* renders; write it with safe weights/);
    rmSync(file);
    await rejects(driver().read(), (error) => hasCode(error, 'DYNO_BALANCER_UNREACHABLE'));
  }));

test('neither load tests nor a frozen state, and a change a minute', () =>
  withFolder(async ({ driver }) => {
    deepEqual(driver().limits, { modes: ['steady', 'revert'], weightMin: 1, weightMax: 256, changeEveryMs: 55_000 });
  }));

test('of orders that leave a minute apart none is refused for its rate, though one was 3 s on its way and the next was not', () =>
  withFolder(async ({ driver }) => {
    const world = await AdapterWorld.started({ limits: driver().limits });
    const order = (s1: number, underWayMs: number) => {
      const weights = { s1, s2: 100, s3: 100 };
      const safeWeights = serverWeights(named(weights));
      return world.send(world.command(weights, { mode: 'steady', safeWeights }), underWayMs);
    };
    await world.advance(3_000);
    equal((await order(105, 3_000)).status, 'applied');
    await world.advance(57_000);
    equal((await order(110, 0)).status, 'applied');
    await world.advance(54_800);
    equal((await order(115, 0)).status, 'rejected_rate');
    await world.advance(200);
    equal((await order(115, 0)).status, 'applied');
  }));

/** True when the process has ended, or is about to be buried, within two seconds. */
async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : 'x) Z';
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}
