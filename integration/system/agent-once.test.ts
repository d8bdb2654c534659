import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import test from 'node:test';
import { projectFile } from '../../base/project-file.ts';
import type { UnavailableReason } from '../../schemas/counter.ts';
import { counters } from '../../schemas/counters.ts';

interface Report {
  readonly host: string;
  readonly interval_s: number;
  readonly counters: Readonly<Record<string, number | null>>;
  readonly unavailable: Readonly<Record<string, string>>;
  readonly systeminfo: Readonly<Record<string, unknown>>;
}

const reasons: readonly UnavailableReason[] = [
  'no_pmu',
  'no_addon',
  'not_reported',
  'not_permitted',
  'not_supported_hw',
  'not_supported_arch',
  'not_supported_kernel',
  'not_mounted',
  'no_device',
  'no_events',
  'implausible',
];

/** Counted by the processor's performance unit: without one, and without the addon that reads it, they have no value. */
const byPmu = ['cpu_instructions_per_s', 'cpu_cycles_per_s', 'instructions_per_cycle', 'cycles_per_instruction'];

test('agent --once --json says of every counter its value, or why there is none', (t) => {
  const command = [projectFile('dist/cli/dynoscope.js'), 'agent', '--once', '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  equal(status, 0, stderr);
  const report = JSON.parse(stdout) as Report;
  equal(report.host, hostname());
  deepEqual(
    Object.keys(report.counters),
    counters.map(({ name }) => name),
  );
  for (const [name, value] of Object.entries(report.counters)) {
    if (value === null)
      ok(
        reasons.some((reason) => reason === report.unavailable[name]),
        `${name} is null because of ${report.unavailable[name]}`,
      );
    else ok(Number.isFinite(value) && !(name in report.unavailable), `${name} is ${value}`);
  }
  deepEqual(
    Object.keys(report.unavailable).filter((name) => report.counters[name] !== null),
    [],
    'a reason for a counter that has a value',
  );
  const reason = existsSync('/sys/bus/event_source/devices/cpu') ? 'no_addon' : 'no_pmu';
  for (const name of byPmu) deepEqual([name, report.counters[name], report.unavailable[name]], [name, null, reason]);
  const withValue = Object.values(report.counters).filter((value) => value !== null).length;
  ok(withValue >= 60, `only ${withValue} counters have a value`);
  t.diagnostic(`${withValue} of ${counters.length} counters have a value here; performance counters: ${reason}`);
});
