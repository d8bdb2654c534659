import type { WeightCommand } from '../../schemas/weight-records.ts';
import type { Hit } from './poisson-load.ts';
import { hostName, type Rig } from './rig.ts';

export interface PanelHits {
  /** Of the hosts whose weight was raised, from the first raise on. */
  readonly tested: readonly Hit[];
  /** Mean latency of the same hosts before. */
  readonly normalMs: number;
}

/** What users met at the hosts under test, as the load generator measured it. */
export function panelHits(rig: Rig, tier: string, commands: readonly WeightCommand[]): PanelHits {
  const raises = commands.filter(({ weights }) => weights.some(({ weight }) => weight > 100));
  const raised = new Set(
    raises
      .flatMap(({ weights }) => weights.filter(({ weight }) => weight > 100))
      .map(({ server }) => hostName(tier, server)),
  );
  const fromMs = raises[0]?.issuedAt ?? Number.POSITIVE_INFINITY;
  const hits = rig.loads.get(tier)!.hits.filter(({ host }) => raised.has(host));
  const before = hits.filter(({ atMs }) => atMs < fromMs);
  const normalMs = before.reduce((sum, { latencyMs }) => sum + latencyMs, 0) / before.length;
  return { tested: hits.filter(({ atMs }) => atMs >= fromMs), normalMs };
}
