import type { TierSecondsBlock } from '../../../schemas/blocks.ts';
import { columnsOf } from '../columns.ts';
import { appendIdentity, identityColumns } from './identity.ts';
import { type RowKind, sourceColumns } from './row-kind.ts';

/** A block of tier seconds: one row a host, its metrics as a map; a metric without a value is not in it. */
export const tierSeconds: RowKind<TierSecondsBlock> = {
  table: 'tier_seconds',
  columns: columnsOf({
    time: "DateTime('UTC')",
    ...identityColumns,
    metrics: 'Map(LowCardinality(String), Float64)',
    ...sourceColumns,
  }),
  append(rows, block, { src, epoch }) {
    const { metrics, values, hosts } = block;
    for (const [at, host] of hosts.entries()) {
      appendIdentity(rows.seconds(block.windowEndMs), host);
      rows.map(metrics.map((name, metric) => [name, values[metric * hosts.length + at]!] as const));
      rows.text(src).integer(epoch).endRow();
    }
  },
};
