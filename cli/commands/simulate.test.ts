import { deepEqual, equal, rejects } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { runSimulation } from './simulate.ts';

/** A run with its own stdout; `highWaterMark` small enough that a slow reader is met. */
function call(options: Readonly<Record<string, string>>, signal = new AbortController().signal) {
  const written: string[] = [];
  const stdout = new Writable({
    highWaterMark: 1_000,
    write: (chunk, _, done) => {
      written.push(String(chunk));
      setImmediate(done);
    },
  });
  const given = { scenario: 'web', duration: '3s', ...options };
  return {
    given: { args: [], options: given, signal, stdout, stderr: stdout },
    lines: () => written.join('').split('\n').slice(0, -1),
  };
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'simulate-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('three seconds of 60 hosts are 180 lines, the same for the same seed', async () => {
  const [first, again, other] = [call({ seed: '7' }), call({ seed: '7' }), call({ seed: '8' })];
  for (const { given } of [first, again, other]) equal(await runSimulation(given, new VirtualClock()), 0);
  equal(first.lines().length, 180);
  deepEqual(first.lines(), again.lines());
  equal(first.lines()[0] === other.lines()[0], false);
  const { time, host } = JSON.parse(first.lines().at(-1)!);
  deepEqual([time, host.startsWith('web')], ['2016-07-10T02:00:02.000Z', true]);
});

test('records, truth and topology go to the files that were named', async (context) => {
  const folder = folderOf(context);
  const [out, truth, topology] = ['out.ndjson', 'truth.json', 'topology.yaml'].map((name) => join(folder, name));
  const { given, lines } = call({ out: out!, truth: truth!, topology: topology! });
  equal(await runSimulation(given, new VirtualClock()), 0);
  deepEqual(lines(), []);
  equal(readFileSync(out!, 'utf8').split('\n').length, 181);
  const { capacities, faults, end } = JSON.parse(readFileSync(truth!, 'utf8'));
  deepEqual([capacities.length, faults.length, end], [9, 4, '2016-07-10T02:00:03.000Z']);
  equal(readFileSync(topology!, 'utf8').includes('host: web12222.snc2'), true);
});

test('with --speed 1 a simulated second takes a second', async () => {
  const clock = new VirtualClock();
  const { given, lines } = call({ speed: '1' });
  const running = runSimulation(given, clock);
  const hostsBy: number[] = [];
  for (let second = 0; second < 4; second++) {
    // The program's parts are loaded at the first call, which takes real time.
    for (let turn = 0; turn < 200 && lines().length < Math.min(3, second + 1) * 60; turn++) await clock.advance(0);
    hostsBy.push(lines().length / 60);
    await clock.advance(1_000);
  }
  equal(await running, 0);
  deepEqual(hostsBy, [1, 2, 3, 3]);
});

test('a signal ends the run after the second at hand', async () => {
  const stop = new AbortController();
  stop.abort();
  const { given, lines } = call({ duration: '1h' }, stop.signal);
  equal(await runSimulation(given, new VirtualClock()), 0);
  deepEqual(lines(), []);
});

const wrong: [options: Record<string, string>, code: string][] = [
  [{ seed: '-1' }, 'DYNO_USAGE_SIMULATE'],
  [{ speed: 'fast' }, 'DYNO_USAGE_SIMULATE'],
  [{ duration: 'long' }, 'DYNO_USAGE_DURATION'],
  [{ scenario: 'nothing' }, 'DYNO_USAGE_SCENARIO'],
  [{ out: '/nowhere/at/all' }, 'DYNO_CLI_FILE_UNWRITABLE'],
];
for (const [options, code] of wrong)
  test(`${JSON.stringify(options)} is refused with ${code}`, async () => {
    await rejects(runSimulation(call(options).given, new VirtualClock()), (error) => hasCode(error, code));
  });
