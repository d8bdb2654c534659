import { columnsOf } from './counter-columns.ts';
import type { SecondOfHost } from './host.ts';

const columns = columnsOf([
  'mem_total_bytes',
  'mem_available_bytes',
  'mem_available_ratio',
  'mem_free_bytes',
  'mem_cached_bytes',
  'mem_anon_bytes',
  'swap_total_bytes',
  'swap_free_bytes',
  'swap_used_ratio',
]);

export const memoryColumns: readonly number[] = Object.values(columns);

export function fillMemory(
  values: Float64Array,
  { hardware, behaviour, work, memoryPressure, noise }: SecondOfHost,
): void {
  const used = behaviour.memoryUsed * (0.96 + 0.04 * work.level) + 0.002 * noise();
  const usedRatio = Math.min(0.995, Math.max(used, memoryPressure));
  const availableBytes = Math.round(hardware.memoryBytes * (1 - usedRatio));
  values[columns.mem_total_bytes] = hardware.memoryBytes;
  values[columns.mem_available_bytes] = availableBytes;
  values[columns.mem_available_ratio] = availableBytes / hardware.memoryBytes;
  values[columns.mem_free_bytes] = Math.round(availableBytes * 0.3);
  values[columns.mem_cached_bytes] = Math.round(availableBytes * 0.6);
  values[columns.mem_anon_bytes] = Math.round(hardware.memoryBytes * usedRatio * 0.85);
  // These servers run without swap.
  values[columns.swap_total_bytes] = 0;
  values[columns.swap_free_bytes] = 0;
  values[columns.swap_used_ratio] = 0;
}
