import { lendFloat32, lendFloat64, lendUint8 } from '../../base/lent-memory.ts';
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

/** The blocks of one tier in one closed second. Their arrays are lent. */
export function tierSecondsBlocks(
  window: ClosedSecond,
  group: HostGroup,
  source: BlockSource,
  metrics: readonly string[],
): TierSecondsBlock[] {
  return parts(group, { ...source, windowEndMs: window.endMs, windowMs: secondMs }).map(({ head, members }) => {
    const values = lendFloat64(metrics.length * members.length);
    for (let host = 0; host < members.length; host++) {
      const row = window.rows[members[host]!]! * metrics.length;
      for (let m = 0, cell = host; m < metrics.length; m++, cell += members.length)
        values[cell] = window.values[row + m]!;
    }
    return { kind: 'tier-seconds', ...head, metrics, values };
  });
}

/** The blocks of one service in one closed 10-s window: every counter of the catalogue. Their arrays are lent. */
export function hostWindowsBlocks(
  window: ClosedTenSeconds,
  group: HostGroup,
  source: BlockSource,
  { plan, catalogueVersion }: { readonly plan: AggregationPlan; readonly catalogueVersion: number },
): HostWindowsBlock[] {
  return parts(group, { ...source, windowEndMs: window.endMs, windowMs: tenSecondsMs }).map(({ head, members }) => {
    const rows = Uint32Array.from(members, (member) => window.rows[member]!);
    const values = lendFloat32(plan.counters * rows.length);
    const samples = lendUint8(values.length);
    transpose(window, rows, plan, values, samples);
    const app = Array.from(rows, (row) => window.appOf(row));
    return { kind: 'host-windows', ...head, catalogueVersion, values, samples, app };
  });
}

/** A cache line of accumulators. */
const tile = 8;

/** Rows of hosts into columns of counters, a few counters at a time: so each cache line is fetched once. */
function transpose(
  { accumulators, samples }: Pick<ClosedTenSeconds, 'accumulators' | 'samples'>,
  rows: Uint32Array,
  { counters, isMean }: AggregationPlan,
  outValues: Float32Array,
  outSamples: Uint8Array,
): void {
  const hosts = rows.length;
  for (let from = 0; from < counters; from += tile) {
    const end = Math.min(from + tile, counters);
    for (let host = 0; host < hosts; host++) {
      const row = rows[host]! * counters;
      for (let counter = from; counter < end; counter++) {
        const count = samples[row + counter]!;
        const accumulated = accumulators[row + counter]!;
        const cell = counter * hosts + host;
        outSamples[cell] = count;
        outValues[cell] = count === 0 ? Number.NaN : isMean[counter] === 1 ? accumulated / count : accumulated;
      }
    }
  }
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
