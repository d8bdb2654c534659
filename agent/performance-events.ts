import type { UnavailableReason } from '../schemas/counter.ts';
import type { Readings } from './collector.ts';
import type { SourceTree } from './source-tree.ts';

/**
 * Reads hardware counters: what the native addon will implement. Readings are by counter name and already per second;
 * it answers for every counter asked for, with a value or a reason.
 */
export interface PerformanceEvents {
  readonly read: (counters: readonly string[], elapsedS: number) => Readings;
}

const folder = 'sys/bus/event_source/devices';

/** `cpu` on x86, `cpu_core` where cores differ, `armv8_*` on Arm. */
const isCorePmu = (device: string): boolean => device === 'cpu' || device === 'cpu_core' || device.startsWith('armv8');
const isUncorePmu = (device: string): boolean => /^(uncore_|amd_(df|umc)|arm_cmn|arm_dmc)/.test(device);

/** Without the addon: a machine (mostly a virtual one) without counters says so, another says that the addon is missing. */
export const whyNoCoreEvents = (tree: SourceTree): UnavailableReason =>
  tree.list(folder).some(isCorePmu) ? 'no_addon' : 'no_pmu';

/** The same for counters outside the cores: memory controllers, links, power control. */
export function whyNoUncoreEvents(tree: SourceTree): UnavailableReason {
  const devices = tree.list(folder);
  if (!devices.some(isCorePmu)) return 'no_pmu';
  return devices.some(isUncorePmu) ? 'no_addon' : 'not_supported_hw';
}
