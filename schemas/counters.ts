import type { CounterDefinition } from './counter.ts';
import { applicationCounters } from './counters/application.ts';
import { cpuCounters } from './counters/cpu.ts';
import { kernelCounters } from './counters/kernel.ts';
import { memoryCounters } from './counters/memory.ts';
import { networkCounters } from './counters/network.ts';
import { powerCounters } from './counters/power.ts';
import { storageCounters } from './counters/storage.ts';

/** Raised with every change of the list below: blocks carry it instead of names. */
export const catalogueVersion = 1;

/**
 * The catalogue: the one place that knows a counter. A counter's position is its column in batches and blocks,
 * so new ones go to the end of their file's list only together with a new version.
 */
export const counters: readonly CounterDefinition[] = [
  ...cpuCounters,
  ...memoryCounters,
  ...kernelCounters,
  ...storageCounters,
  ...networkCounters,
  ...powerCounters,
  ...applicationCounters,
];

/** Position of each counter in the catalogue: its column in batches and blocks. */
export const counterIndex: ReadonlyMap<string, number> = new Map(
  counters.map((counter, index) => [counter.name, index]),
);
