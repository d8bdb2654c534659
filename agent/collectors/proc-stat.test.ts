import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../testing/collect.ts';
import procStat from './proc-stat.ts';

/** user nice system idle iowait irq softirq steal guest guest_nice */
const stat = (
  all: string,
  cpus: Record<number, string>,
  rest = 'ctxt 100\nprocesses 5\nintr 9 1 2\nsoftirq 8 1 2 3 4\n',
) => ({
  'proc/stat': `cpu  ${all}\n${Object.entries(cpus)
    .map(([id, times]) => `cpu${id} ${times}\n`)
    .join('')}${rest}`,
});

test('busy is neither idle nor waiting for I/O, and guest time is not counted twice', () => {
  const [, second] = collect(procStat, [
    stat('0 0 0 0 0 0 0 0 0 0', { 0: '0 0 0 0 0 0 0 0 0 0' }),
    // 30 of the 30 user jiffies were a guest's.
    stat('30 5 10 40 10 2 1 2 30 0', { 0: '30 5 10 40 10 2 1 2 30 0' }),
  ]);
  equal(second?.['cpu_busy_ratio'], 0.5);
  equal(second?.['cpu_user_ratio'], 0.35);
  equal(second?.['cpu_system_ratio'], 0.13);
  equal(second?.['cpu_iowait_ratio'], 0.1);
  equal(second?.['cpu_steal_ratio'], 0.02);
});

test('the first sample has gauges and no rates', () => {
  const [first] = collect(procStat, [stat('1 0 0 1 0 0 0 0', { 0: '1 0 0 1 0 0 0 0' }, 'procs_running 3\nctxt 5\n')]);
  equal(first?.['cpu_core_count'], 1);
  equal(first?.['procs_running_count'], 3);
  equal(first?.['context_switches_per_s'], 'first_sample');
  equal(first?.['cpu_busy_ratio'], 'first_sample');
  equal(first?.['forks_per_s'], 'not_supported_kernel');
});

test('CPUs are known by their id: one that goes offline or comes online moves no number to another', () => {
  const [, second, third] = collect(procStat, [
    stat('0 0 0 0', { 0: '0 0 0 0', 1: '5000 0 0 0', 2: '0 0 0 0' }),
    stat('50 0 0 250', { 0: '50 0 0 50', 2: '0 0 0 100' }),
    stat('100 0 0 400', { 0: '100 0 0 100', 1: '5000 0 0 0', 2: '0 0 0 200' }),
  ]);
  equal(second?.['cpu_core_count'], 2);
  equal(second?.['cpu_busiest_ratio'], 0.5);
  equal(third?.['cpu_core_count'], 3);
  equal(third?.['cpu_busiest_ratio'], 0.5, 'CPU 1 has been away: no share of its own yet');
});

test('idle and iowait that fall back a little are no time, not a negative share', () => {
  const [, second] = collect(procStat, [
    stat('0 0 0 1000 50', { 0: '0 0 0 1000 50' }),
    stat('60 0 0 1040 45', { 0: '60 0 0 1040 45' }),
  ]);
  equal(second?.['cpu_iowait_ratio'], 0);
  equal(second?.['cpu_busy_ratio'], 0.6);
});

test('totals that start again are a reset', () => {
  const [, second] = collect(procStat, [
    stat('1000 0 0 1000', { 0: '1000 0 0 1000' }),
    stat('1 0 0 2', { 0: '1 0 0 2' }, 'ctxt 3\n'),
  ]);
  equal(second?.['cpu_busy_ratio'], 'reset');
  equal(second?.['context_switches_per_s'], 'reset');
});

test('rates are per second of the time that really passed', () => {
  const moments = [stat('0 0 0 0', { 0: '0 0 0 0' }, 'ctxt 100\n'), stat('1 0 0 1', { 0: '1 0 0 1' }, 'ctxt 400\n')];
  equal(collect(procStat, moments, 1.5)[1]?.['context_switches_per_s'], 200);
});

test('the sum of interrupts goes on when the counter of one CPU wraps at 32 bits', () => {
  const moments = [9_000_000_000, 9_000_000_000 + 700 - 2 ** 32].map((intr) =>
    stat('0 0 0 1', { 0: '0 0 0 1' }, `intr ${intr} 1 2\n`),
  );
  equal(collect(procStat, moments)[1]?.['interrupts_per_s'], 700);
});

test('saturation, the busiest CPU and softirq skew', () => {
  const [, second] = collect(procStat, [
    stat('0 0 0 0', { 0: '0 0 0 0 0 0 0', 1: '0 0 0 0 0 0 0' }),
    stat('98 0 0 70 0 0 32', { 0: '70 0 0 2 0 0 28', 1: '28 0 0 68 0 0 4' }),
  ]);
  deepEqual(
    ['cpu_busiest_ratio', 'cpu_saturated_ratio', 'cpu_softirq_skew_ratio'].map((name) => second?.[name]),
    [0.98, 0.5, 0.875],
  );
});
