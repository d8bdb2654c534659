import { type BlockHead, blockHostsMax, type HostWindowsBlock, type TierSecondsBlock } from '../../schemas/blocks.ts';
import type { HostGroup } from '../join/host-groups.ts';
import type { AggregationPlan } from './aggregation-plan.ts';
import { secondMs, tenSecondsMs } from './lengths.ts';
import type { ClosedSecond, ClosedTenSeconds } from './window-events.ts';

/** Who makes blocks: they carry it so that a reader knows when all sources have closed a window. */
export interface BlockSource {
  readonly source: number;
  readonly sources: number;
  readonly epoch: number;
}

/** The blocks of one tier in one closed second. */
export function tierSecondsBlocks(
  window: ClosedSecond,
  group: HostGroup,
  source: BlockSource,
  metrics: readonly string[],
): TierSecondsBlock[] {
  return parts(group, { ...source, windowEndMs: window.endMs, windowMs: secondMs }).map(({ head, members }) => {
    const values = new Float64Array(metrics.length * members.length);
    for (let m = 0, cell = 0; m < metrics.length; m++)
      for (const member of members) values[cell++] = window.values[window.rows[member]! * metrics.length + m]!;
    return { kind: 'tier-seconds', ...head, metrics, values };
  });
}

/** The blocks of one service in one closed 10-s window: every counter of the catalogue. */
export function hostWindowsBlocks(
  window: ClosedTenSeconds,
  group: HostGroup,
  source: BlockSource,
  { plan, catalogueVersion }: { readonly plan: AggregationPlan; readonly catalogueVersion: number },
): HostWindowsBlock[] {
  return parts(group, { ...source, windowEndMs: window.endMs, windowMs: tenSecondsMs }).map(({ head, members }) => {
    const rows = members.map((member) => window.rows[member]!);
    const values = new Float32Array(plan.counters * rows.length);
    const samples = new Uint8Array(values.length);
    for (let counter = 0, cell = 0; counter < plan.counters; counter++) {
      const divides = plan.isMean[counter] === 1;
      for (const row of rows) {
        const from = row * plan.counters + counter;
        const count = window.samples[from]!;
        const accumulated = window.accumulators[from]!;
        samples[cell] = count;
        values[cell++] = count === 0 ? Number.NaN : divides ? accumulated / count : accumulated;
      }
    }
    const app = rows.map((row) => window.appOf(row));
    return { kind: 'host-windows', ...head, catalogueVersion, values, samples, app };
  });
}

interface Part {
  readonly head: BlockHead;
  readonly members: readonly number[];
}

/** Cuts a group so that a block stays below what the log takes in one batch. */
function parts(group: HostGroup, head: Omit<BlockHead, 'part' | 'parts' | 'hosts'>): Part[] {
  const count = Math.ceil(group.hosts.length / blockHostsMax);
  if (count === 1) return [{ head: { ...head, part: 0, parts: 1, hosts: group.hosts }, members: group.members }];
  return Array.from({ length: count }, (_, part) => {
    const from = part * blockHostsMax;
    return {
      head: { ...head, part, parts: count, hosts: group.hosts.slice(from, from + blockHostsMax) },
      members: group.members.slice(from, from + blockHostsMax),
    };
  });
}
