import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { counterIndex, counters } from '../schemas/counters.ts';
import { type Collector, defineCollector } from './collector.ts';
import { collectorOf, loadCollectors } from './collector-registry.ts';
import { HostReader } from './host-reader.ts';
import type { Reading } from './readings.ts';
import { MemoryTree } from './testing/memory-tree.ts';

const saying = (name: string, counter: string, reading: () => Reading): Collector =>
  defineCollector({ name, counters: [counter], read: () => ({}), derive: () => ({ [counter]: reading() }) });

const empty = new MemoryTree({ files: {} });

function read(collectors: readonly Collector[], name: string) {
  const { values, reasons } = new HostReader({ collectors }).read({ tree: empty, elapsedS: 1 });
  const index = counterIndex.get(name) ?? -1;
  return reasons[index] ?? values[index];
}

test('every counter is filled by a collector of the folder, by an application, or by the sampler itself', async () => {
  const claimed = new Set((await loadCollectors()).flatMap((collector) => collector.counters));
  const others = counters.filter(({ name, source }) => !claimed.has(name) && source !== 'application');
  deepEqual(
    others.map(({ name }) => name),
    ['agent_sampling_ms', 'agent_late_ms', 'agent_missed_seconds_per_s'],
  );
});

const bounds: [says: string, counter: string, value: number, expected: Reading][] = [
  ['a share a little above one is one: its two reads lay apart', 'psi_io_some_ratio', 1.03, 1],
  ['a share far above one is implausible', 'psi_io_some_ratio', 1.2, 'implausible'],
  ['a negative value is implausible', 'load1', -1, 'implausible'],
  ['what is not a number is implausible', 'load1', Number.NaN, 'implausible'],
  ['infinity is implausible', 'load1', Number.POSITIVE_INFINITY, 'implausible'],
  ['frost is plausible', 'cpu_temperature_celsius', -20, -20],
];
for (const [says, counter, value, expected] of bounds)
  test(says, () => equal(read([saying('one', counter, () => value)], counter), expected));

test('a collector that throws costs only its own counters, and is told of once until it works again', () => {
  const told: string[] = [];
  let broken = true;
  const reader = new HostReader({
    collectors: [
      saying('broken', 'load1', () => {
        if (broken) throw new Error('disk on fire');
        return 2;
      }),
      saying('well', 'load5', () => 1),
    ],
    onFailure: (collector, error) => told.push(`${collector}: ${error}`),
  });
  const sample = () => reader.read({ tree: empty, elapsedS: 1 });
  sample();
  const { values, reasons } = sample();
  equal(reasons[counterIndex.get('load1') ?? -1], 'collector_failed');
  equal(values[counterIndex.get('load5') ?? -1], 1);
  deepEqual(told, ['broken: disk on fire']);
  broken = false;
  equal(sample().values[counterIndex.get('load1') ?? -1], 2);
});

test('a collector that is read every third sample repeats its values between, over the whole time', () => {
  let reads = 0;
  const seen: number[] = [];
  const slow = defineCollector<{ reads: number }>({
    name: 'slow',
    counters: ['load1'],
    everySamples: 3,
    read: () => ({ reads: ++reads }),
    derive: ({ current, elapsedS }) => {
      seen.push(elapsedS);
      return { load1: current.reads };
    },
  });
  const reader = new HostReader({ collectors: [slow] });
  const values = Array.from(
    { length: 8 },
    () => reader.read({ tree: empty, elapsedS: 1 }).values[counterIndex.get('load1') ?? -1],
  );
  deepEqual(values, [1, 2, 2, 2, 3, 3, 3, 4]);
  deepEqual(seen, [1, 1, 3, 3]);
});

test('two collectors that fill one counter, or one that fills an unknown, are refused at the start', () => {
  const twice = [saying('a', 'load1', () => 1), saying('b', 'load1', () => 1)];
  throws(
    () => new HostReader({ collectors: twice }),
    /collector "b" fills the counter "load1", which "a" fills already/,
  );
  throws(() => new HostReader({ collectors: [saying('a', 'loda1', () => 1)] }), /"loda1", which is not in schemas/);
});

test('a file whose collector has another name, or none, says so', () => {
  const load = saying('load', 'load1', () => 1);
  equal(collectorOf('load.js', load), load);
  throws(() => collectorOf('lode.js', load), /must have a collector named "lode".*has a collector named "load"/);
  throws(() => collectorOf('lode.js', undefined), { code: 'DYNO_AGENT_COLLECTOR_MISNAMED' });
});

test('every collector of the folder is found', async () => {
  const names = (await loadCollectors()).map(({ name }) => name);
  ok(names.includes('proc-stat') && names.includes('own-cost'), names.join(' '));
  equal(new Set(names).size, names.length);
});
