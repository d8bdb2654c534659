import type { BlockIdentity } from '../../../schemas/blocks.ts';
import type { TabSeparatedRows } from '../tab-separated.ts';

/** The columns that say which host it was and where it belonged. */
export const identityColumns = [
  'host',
  'tier',
  'service',
  'region',
  'server_type',
  'generation',
  'build',
  'pool',
  'server',
] as const;

export const appendIdentity = (rows: TabSeparatedRows, host: BlockIdentity): TabSeparatedRows =>
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
