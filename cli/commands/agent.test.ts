import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { projectFile } from '../../base/project-file.ts';
import { counters } from '../../schemas/counters.ts';
import { agent } from './agent.ts';

const fixture = (name: string): string => projectFile('agent', 'collectors', 'fixtures', name);

async function run(options: Record<string, unknown>) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const exitCode = await agent.run({ args: [], options, signal: new AbortController().signal, stdout, stderr });
  return { exitCode, text: String(stdout.read()), talk: String(stderr.read() ?? '') };
}

const recorded = { once: true, root: fixture('nhm-first'), rootNext: fixture('nhm-next') };

test('--once --json prints one object with every counter of the catalogue', async () => {
  const { exitCode, text } = await run({ ...recorded, json: true });
  equal(exitCode, 0);
  equal(text.split('\n').length, 2);
  const report = JSON.parse(text) as { counters: object };
  deepEqual(Object.keys(report), ['host', 'time', 'interval_s', 'counters', 'unavailable', 'systeminfo']);
  deepEqual(
    Object.keys(report.counters),
    counters.map(({ name }) => name),
  );
});

test('without --json it prints name and value, sorted, with the reason where there is none', async () => {
  const { text } = await run(recorded);
  const lines = text.trimEnd().split('\n');
  deepEqual(lines, [...lines].sort());
  match(text, /^cpu_busy_ratio: 0\.5$/m);
  match(text, /^instructions_per_cycle: unavailable \(no_addon\)$/m);
});

test('this machine: two reads, one interval apart', async () => {
  const { text } = await run({ once: true, json: true, interval: '200ms' });
  const report = JSON.parse(text) as { interval_s: number; counters: Record<string, number | null> };
  // The real time between the reads: on a machine that is held up it is longer, and says so.
  equal(report.interval_s >= 0.2, true, String(report.interval_s));
  for (const name of ['mem_total_bytes', 'agent_cpu_ms_per_s', 'agent_sampling_ms', 'agent_late_ms'])
    equal(typeof report.counters[name], 'number', name);
  equal(report.counters['agent_missed_seconds_per_s'], 0);
});

test('--listen is taken, and says that the dyno service is not there yet', async () => {
  const { exitCode, talk } = await run({ ...recorded, json: true, listen: '127.0.0.1:1777' });
  equal(exitCode, 0);
  match(talk, /dyno service is not part of this version: nothing listens on 127\.0\.0\.1:1777/);
});

test('wrong flags are told with what was expected', async () => {
  await rejects(run({ root: 'x' }), { code: 'DYNO_USAGE_AGENT' });
  await rejects(run({ once: true, rootNext: 'x' }), /--root-next needs --root/);
  await rejects(run({ once: true, interval: '1 parsec' }), /--interval is "1 parsec", expected a number with a unit/);
  for (const interval of ['100ms', '1500ms'])
    await rejects(run({ interval }), /--interval must be a whole number of seconds/);
  await rejects(run({ once: true, root: fixture('none') }), /none holds no proc\/uptime/);
});
