import type { BlockIdentity } from '../../../schemas/blocks.ts';
import type { RowWriter } from '../row-writer.ts';

/** The columns that say which host it was and where it belonged. */
export const identityColumns = {
  host: 'LowCardinality(String)',
  tier: 'LowCardinality(String)',
  service: 'LowCardinality(String)',
  region: 'LowCardinality(String)',
  server_type: 'LowCardinality(String)',
  generation: 'LowCardinality(String)',
  build: 'LowCardinality(String)',
  pool: 'LowCardinality(String)',
  server: 'LowCardinality(String)',
} as const;

export const appendIdentity = (rows: RowWriter, host: BlockIdentity): RowWriter =>
  rows
    .text(host.host)
    .text(host.tier)
    .text(host.service)
    .text(host.region)
    .text(host.serverType)
    .text(host.generation)
    .text(host.build)
    .text(host.pool)
    .text(host.server);
