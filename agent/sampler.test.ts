import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../base/testing/virtual-clock.ts';
import { counterIndex } from '../schemas/counters.ts';
import { defineCollector } from './collector.ts';
import { HostReader } from './host-reader.ts';
import { rate } from './readings.ts';
import type { ApplicationValues, HostSample } from './sample.ts';
import { type SampleDetails, type SamplerOptions, startSampler } from './sampler.ts';
import { isBytes, numberIn } from './source-tree.ts';
import { MemoryTree } from './testing/memory-tree.ts';

/** One counter of the catalogue, read from a file that a test writes. */
const contextSwitches = defineCollector<{ total: number }>({
  name: 'under-test',
  counters: ['context_switches_per_s'],
  read: (tree) => {
    if (!isBytes(tree.read('proc/total'))) throw new Error('no file');
    return { total: Number(numberIn(tree, 'proc/total')) };
  },
  derive: ({ previous, current, elapsedS }) => ({
    context_switches_per_s: rate({ previous: previous?.total, current: current.total, elapsedS }),
  }),
});

/** A wall clock that can be set, beside the monotonic one. */
class SettableClock extends VirtualClock {
  stepMs = 0;
  override nowMs(): number {
    return super.nowMs() + this.stepMs;
  }
}

function sampling(options: Partial<SamplerOptions> & { clock: VirtualClock }) {
  const files: Record<string, string> = { 'proc/total': '0' };
  const samples: HostSample[] = [];
  const details: SampleDetails[] = [];
  const sampler = startSampler({
    host: 'h',
    reader: new HostReader({ collectors: [contextSwitches] }),
    tree: new MemoryTree({ files }),
    onSample: (sample, more) => {
      samples.push(sample);
      details.push(more);
    },
    ...options,
  });
  return { sampler, samples, details, files };
}

const readOf = (sample: HostSample | undefined, name: string): number | undefined =>
  sample?.values[counterIndex.get(name) ?? -1];

test('samples lie on the seconds of the wall clock, whenever the agent was started', async () => {
  const clock = new VirtualClock(1_700_000_000_400);
  const { samples, files } = sampling({ clock });
  await clock.advance(700);
  files['proc/total'] = '250';
  await clock.advance(1_000);
  deepEqual(
    samples.map(({ timeMs, intervalMs, sequence }) => [timeMs, intervalMs, sequence]),
    [
      [1_700_000_001_000, 0, 0],
      [1_700_000_002_000, 1_000, 1],
    ],
  );
  equal(readOf(samples[0], 'context_switches_per_s'), Number.NaN);
  equal(readOf(samples[1], 'context_switches_per_s'), 250);
});

test('a stall leaves a hole in the sequence and is counted, and rates are over the real time', async () => {
  const clock = heldUpClock(new VirtualClock(1_700_000_000_000), 3_500);
  const { sampler, samples, files } = sampling({ clock });
  await clock.advance(2_000);
  files['proc/total'] = '900';
  await clock.advance(4_000);
  deepEqual(
    samples.map(({ timeMs, sequence, intervalMs }) => [timeMs - 1_700_000_000_000, sequence, intervalMs]),
    [
      [1_000, 0, 0],
      [5_000, 4, 4_500],
      [6_000, 5, 500],
    ],
  );
  equal(sampler.missedSeconds, 3);
  equal(readOf(samples[1], 'context_switches_per_s'), 200);
  equal(readOf(samples[1], 'agent_late_ms'), 500);
  equal(readOf(samples[2], 'agent_missed_seconds_per_s'), 0);
});

/** The second timer rings `byMs` late. */
function heldUpClock(clock: VirtualClock, byMs: number): VirtualClock {
  let timers = 0;
  const after = clock.after.bind(clock);
  clock.after = (delayMs, task) => after(++timers === 2 ? delayMs + byMs : delayMs, task);
  return clock;
}

test('a timer that rings early waits for its second', async () => {
  const clock = new VirtualClock(1_700_000_000_000);
  const after = clock.after.bind(clock);
  clock.after = (delayMs, task) => after(Math.max(0, delayMs - 1), task);
  const { samples } = sampling({ clock });
  const waiting = clock.advance(1_000);
  // With no time left to wait, the clock has to move by itself.
  clock.after = after;
  await waiting;
  equal(samples[0]?.timeMs, 1_700_000_001_000);
});

test('a step of the wall clock misses no second and spoils no rate', async () => {
  const clock = new SettableClock(1_700_000_000_000);
  const { sampler, samples, files } = sampling({ clock });
  await clock.advance(2_000);
  clock.stepMs = 3_600_000;
  files['proc/total'] = '900';
  await clock.advance(1_000);
  equal(samples.at(-1)?.timeMs, 1_700_003_603_000);
  equal(samples.at(-1)?.intervalMs, 1_000);
  equal(readOf(samples.at(-1), 'context_switches_per_s'), 900);
  equal(sampler.missedSeconds, 0);
});

test('application values fill their counters, others travel in the map, impossible ones are refused', async () => {
  const clock = new VirtualClock(1_700_000_000_000);
  const pushed = new Map([
    ['requests_per_s', 48],
    ['duration_ms_p95', -3],
    ['cache_hits', 7],
    ['broken', Number.NaN],
  ]);
  const asked: number[] = [];
  const applicationValues: ApplicationValues = (timeMs) => {
    asked.push(timeMs);
    return pushed;
  };
  const { samples, details } = sampling({ clock, applicationValues });
  await clock.advance(1_000);
  deepEqual(asked, [1_700_000_001_000]);
  equal(readOf(samples[0], 'requests_per_s'), 48);
  deepEqual([...(samples[0]?.app ?? [])], [['cache_hits', 7]]);
  const reasonOf = (name: string) => details[0]?.reasons[counterIndex.get(name) ?? -1];
  equal(reasonOf('requests_per_s'), undefined);
  equal(reasonOf('duration_ms_p95'), 'implausible');
  equal(reasonOf('duration_avg_ms'), 'not_reported');
  equal(details[0]?.refusedValues, 1);
});

test('a collector that fails costs its own counters, and availability says so once it lasts', async () => {
  const clock = new VirtualClock(1_700_000_000_000);
  const { sampler, samples, details, files } = sampling({ clock });
  await clock.advance(3_000);
  equal(sampler.availability.has('context_switches_per_s'), false);
  delete files['proc/total'];
  await clock.advance(9_000);
  equal(readOf(samples.at(-1), 'context_switches_per_s'), Number.NaN);
  equal(sampler.availability.has('context_switches_per_s'), false);
  await clock.advance(1_000);
  equal(sampler.availability.get('context_switches_per_s'), 'collector_failed');
  files['proc/total'] = '5';
  await clock.advance(12_000);
  equal(sampler.availability.has('context_switches_per_s'), false);
  equal(details.filter(({ availabilityChanged }) => availabilityChanged).length, 3);
});

test('after stop nothing is sampled', async () => {
  const clock = new VirtualClock(1_700_000_000_000);
  const { sampler, samples } = sampling({ clock });
  await clock.advance(1_000);
  sampler.stop();
  await clock.advance(5_000);
  equal(samples.length, 1);
});
