import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unitOfName } from './counters/define.ts';
import { counterIndex, counters } from './counters.ts';

/** 24 labels of the seed's counter table, in its words. */
const seedLabels = [
  'CPU instructions',
  'CPU cycles',
  'Instructions-per-cycle',
  'CPU frequency',
  'HHVM foreground inst',
  'CPU core count',
  'Turbo status',
  'Memory bandwidth',
  'Local memory bw',
  'Remote memory bw',
  'Memory bw utilization',
  'Interrupts etho per sec',
  'Interrupts tlbshootdowns',
  'CPU busy',
  'Page faults',
  'Context switches',
  'Disk read/write iops',
  'Flash/disk rd/wr bytes',
  'Flash/disk rd/wr ms',
  'Flash/disk rd/wr ios',
  'Tx/Rx packets',
  'Tx/Rx bytes',
  'Tx/Rx errors',
  'Tx/Rx drops',
];

const seedValues = [
  'duration_avg_ms',
  'duration_cpu_avg_ms',
  ...['p25', 'p50', 'p75', 'p95', 'p99'].map((p) => `duration_ms_${p}`),
  'dynolog_uptime_min',
  'ego_renders_per_hit',
  'ego_renders_per_sec',
  'instructions_hit_percent_of_busy',
  'instructions_per_cpu_count',
  'instructions_per_cpu_sec',
  ...['p25', 'p50', 'p75', 'p95'].map((p) => `instructions_per_cpu_sec_${p}`),
  'instructions_per_kcycle',
];

test('every counter has its own name, in snake_case', () => {
  assert.equal(counterIndex.size, counters.length);
  for (const { name } of counters) assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
});

test('a name that ends in a unit has that unit, unless the seed fixed the name', () => {
  for (const counter of counters) {
    const promised = unitOfName(counter.name);
    const fixed = ['cycles/instruction'].includes(counter.unit);
    if (promised !== undefined && !fixed) assert.equal(counter.unit, promised, counter.name);
  }
});

test('ratios are named ratios, and nothing else is', () => {
  for (const { name, kind } of counters) assert.equal(kind === 'ratio', name.endsWith('_ratio'), name);
});

test('a name that ends in per_s is a rate or a capacity', () => {
  for (const { name, kind } of counters.filter(({ name }) => name.endsWith('_per_s')))
    assert.ok(kind === 'rate' || name === 'net_line_rate_bytes_per_s', name);
});

test("all 24 labels of the seed's counters are there, and their 38 leaves once each", () => {
  const labelled = counters.filter(({ category, seedLabel }) => category !== 'application' && seedLabel !== undefined);
  assert.deepEqual([...new Set(labelled.map(({ seedLabel }) => seedLabel))].sort(), [...seedLabels].sort());
  assert.equal(new Set(labelled.map(({ seedName }) => seedName)).size, 38);
  assert.equal(labelled.length, 38);
});

test("all 18 values of the seed's web application are there under their own names", () => {
  assert.equal(seedValues.length, 18);
  for (const name of seedValues) assert.equal(counters[counterIndex.get(name) ?? -1]?.seedName, name, name);
});

test('every counter says in a sentence what it is, and where it comes from', () => {
  for (const { name, summary, source } of counters) {
    assert.match(summary, /^[A-Z0-9].*\.$/, name);
    assert.notEqual(source, '', name);
  }
});
