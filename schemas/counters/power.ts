import type { CounterDefinition } from '../counter.ts';
import { countersOf } from './define.ts';

const { gauge } = countersOf('power');

/** Power and heat, where the kernel tells. */
export const powerCounters: readonly CounterDefinition[] = [
  gauge('package_power_watts', {
    summary: 'Power of all CPU packages.',
    source: 'powercap intel-rapl:N/energy_uj',
  }),
  gauge('dram_power_watts', {
    summary: 'Power of the memory that the packages account.',
    source: 'powercap intel-rapl:N:M (dram)/energy_uj',
  }),
  gauge('cpu_temperature_celsius', {
    summary: 'Temperature of the hottest CPU package or core.',
    source: 'hwmon coretemp, k10temp or zenpower temp*_input',
  }),
];
