import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { counterIndex } from '../schemas/counters.ts';
import type { Fault, FaultKind } from './faults.ts';
import { createFleet } from './fleet.ts';

const startMs = 1_700_000_000_000;
const host = 'unicorn1001.snc2';
const tier = 'unicorn.index';

/** 30 seconds of one tier whose first host has the fault from second 10 to 20. */
function run(kind: FaultKind, size?: number) {
  const fault: Fault = { kind, target: { host }, fromMs: 10_000, forMs: 10_000, ...(size !== undefined && { size }) };
  const fleet = createFleet({ hosts: 4, seed: 1, tiers: [tier], faults: [fault] });
  const seconds = Array.from({ length: 30 }, (_, second) => fleet.second(startMs + second * 1_000));
  const mean = (name: string, from: number, to: number) => {
    const values = seconds
      .slice(from, to)
      .flatMap((samples) => samples.filter((sample) => sample.host === host))
      .map(({ values }) => values[counterIndex.get(name)!]!);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  /** Of each second the sample times of the host, relative to it, in seconds. */
  const arrivals = seconds.map((samples, second) =>
    samples.filter((sample) => sample.host === host).map(({ timeMs }) => (timeMs - startMs) / 1_000 - second),
  );
  return { fleet, mean, arrivals };
}

test('hot_cpu multiplies the load of its host, for its time', () => {
  const { mean } = run('hot_cpu', 1.5);
  const ratio = mean('cpu_busy_ratio', 11, 21) / mean('cpu_busy_ratio', 0, 11);
  equal(ratio > 1.35 && ratio < 1.65, true, `${ratio}`);
});

test('capped_frequency lowers the frequency, and the same requests take more CPU time', () => {
  const { mean } = run('capped_frequency', 0.8);
  equal((mean('cpu_frequency_hz', 11, 21) / mean('cpu_frequency_hz', 0, 11)).toFixed(6), '0.800000');
  equal((mean('duration_cpu_avg_ms', 11, 21) / mean('duration_cpu_avg_ms', 0, 11)).toFixed(6), '1.250000');
});

test('low_memory leaves this little', () => {
  const { mean } = run('low_memory', 0.96);
  equal(mean('mem_available_ratio', 11, 21).toFixed(3), '0.040');
  equal(mean('mem_available_ratio', 21, 30) > 0.1, true);
});

test('slow_build stretches requests', () => {
  const { mean } = run('slow_build', 1.05);
  equal((mean('duration_cpu_avg_ms', 11, 21) / mean('duration_cpu_avg_ms', 0, 11)).toFixed(6), '1.050000');
});

test('silent: no samples, then again', () => {
  const { arrivals } = run('silent');
  deepEqual(
    arrivals.map(({ length }) => length),
    [...Array(11).fill(1), ...Array(10).fill(0), ...Array(9).fill(1)],
  );
});

test('duplicate: each sample twice', () => {
  const { arrivals } = run('duplicate');
  deepEqual(arrivals.slice(9, 13), [[0], [0], [0, 0], [0, 0]]);
});

test('clock_skew: times ahead', () => {
  const { arrivals } = run('clock_skew', 3_600);
  deepEqual(arrivals.slice(10, 12), [[0], [3_600]]);
});

test('late: held back, then delivered in order before newer ones', () => {
  const { arrivals } = run('late', 5);
  deepEqual(arrivals.slice(10, 18), [[0], [], [], [], [], [], [-5], [-5]]);
});

test('the truth names the host, the test that has to find it, start and end', () => {
  deepEqual(run('hot_cpu').fleet.faultTruths(), [
    { kind: 'hot_cpu', test: 'high-cpu-util', host, startMs: startMs + 10_000, endMs: startMs + 20_000, size: 2.5 },
  ]);
});

test('a fault of a tier hits as many of its hosts as it says', () => {
  const fault: Fault = { kind: 'silent', target: { tier, hosts: 3 }, fromMs: 0, forMs: 1_000 };
  const fleet = createFleet({ hosts: 4, seed: 1, tiers: [tier], faults: [fault] });
  equal(fleet.second(startMs).length, 4);
  equal(fleet.second(startMs + 1_000).length, 1);
});
