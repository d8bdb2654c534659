import type { TierSecondsBlock } from '../../schemas/blocks.ts';
import { fiveNumbers } from './five-numbers.ts';
import type { MetricRoles } from './metric-roles.ts';
import type { TierPoint } from './tier-history.ts';

/** One second of one tier from all its blocks. Latency is the mean over requests: hosts weighted by their hits. */
export function tierSecond(blocks: readonly TierSecondsBlock[], roles: MetricRoles): TierPoint {
  const ordered = [...blocks].sort((a, b) => a.source - b.source || a.part - b.part);
  const cpu = ordered.flatMap((block) => [...columnOf(block, roles.cpuBusyRatio)]);
  const hits = ordered.flatMap((block) => [...columnOf(block, roles.hitsPerS)]);
  const latency = ordered.flatMap((block) => [...columnOf(block, roles.latencyMs)]);
  return {
    timeMs: ordered[0]?.windowEndMs ?? 0,
    hosts: ordered.reduce((sum, block) => sum + block.hosts.length, 0),
    cpu: fiveNumbers(cpu),
    cpuHosts: cpu.filter(Number.isFinite).length,
    hitsPerS: sumOfFinite(hits),
    latencyMs: weightedMean(latency, hits),
  };
}

/** Values of one metric over the hosts of a block; all NaN where the block does not carry the metric. */
export function columnOf(block: TierSecondsBlock, metric: string): Float64Array {
  const column = block.metrics.indexOf(metric);
  const hosts = block.hosts.length;
  if (column === -1) return new Float64Array(hosts).fill(Number.NaN);
  return block.values.subarray(column * hosts, (column + 1) * hosts);
}

/** NaN when no host has a value: a sum of nothing is not 0. */
function sumOfFinite(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? Number.NaN : finite.reduce((sum, value) => sum + value, 0);
}

function weightedMean(values: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  let weightSum = 0;
  for (const [index, value] of values.entries()) {
    const weight = weights[index] ?? Number.NaN;
    if (!Number.isFinite(value) || !(weight > 0)) continue;
    sum += value * weight;
    weightSum += weight;
  }
  return weightSum === 0 ? Number.NaN : sum / weightSum;
}
