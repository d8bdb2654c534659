import { deepEqual, equal } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { projectFile } from '../../base/project-file.ts';
import { counters } from '../../schemas/counters.ts';
import { sampleRecorded } from '../sample-once.ts';

const folder = (name: string): string => projectFile('agent', 'collectors', 'fixtures', name);
const recorded = { root: folder('nhm-first'), rootNext: folder('nhm-next'), host: 'unnamed' };

test('two recorded trees of an NHM host give the whole report, value for value', async () => {
  const golden: unknown = JSON.parse(readFileSync(folder('nhm.expected.json'), 'utf8'));
  deepEqual(JSON.parse(JSON.stringify(await sampleRecorded(recorded))), golden);
});

test('what the recording was made of comes out again', async () => {
  const { counters: read, interval_s, host } = await sampleRecorded(recorded);
  equal(host, 'web0042.snc2');
  equal(interval_s, 10);
  // 16 CPUs, 10 s: 16,000 jiffies of which 8,000 busy; 1,500 system, irq and softirq; CPU 0 at 100 %, CPU 1 at 98 %.
  equal(read['cpu_core_count'], 16);
  equal(read['cpu_busy_ratio'], 0.5);
  equal(read['cpu_system_ratio'], 1_500 / 16_000);
  equal(read['cpu_saturated_ratio'], 2 / 16);
  // 250 MB received across the 64-bit wrap; four queues × 10,000 interrupts, one across the 32-bit wrap.
  equal(read['rx_bytes_per_s'], 25_000_000);
  equal(read['interrupts_nic_per_s'], 4_000);
  equal(read['mem_available_bytes'], 6_169_040 * 1_024);
});

test('every counter of the catalogue is there, with a value or a reason and never both', async () => {
  const { counters: read, unavailable } = await sampleRecorded(recorded);
  deepEqual(
    Object.keys(read),
    counters.map(({ name }) => name),
  );
  for (const [name, value] of Object.entries(read)) equal(value === null, unavailable[name] !== undefined, name);
});

test('one recording has gauges, and rates say that it is the first', async () => {
  const { counters: read, unavailable } = await sampleRecorded({ root: folder('nhm-first'), host: 'unnamed' });
  equal(read['load1'], 6.5);
  equal(unavailable['cpu_busy_ratio'], 'first_sample');
});

test('recordings of two runs of a machine are not compared: every rate is reset', async () => {
  const swapped = await sampleRecorded({ root: folder('nhm-next'), rootNext: folder('nhm-first'), host: 'unnamed' });
  const rates = counters.filter(({ name }) => swapped.unavailable[name] === 'reset').map(({ name }) => name);
  equal(rates.includes('context_switches_per_s') && rates.includes('cpu_busy_ratio'), true);
  equal(Object.values(swapped.unavailable).includes('first_sample'), false);
});
