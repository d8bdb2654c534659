import type { HostPlacements, ServiceInfo } from '../../../schemas/records.ts';
import { type Placement, unassignedTier } from '../../../schemas/topology.ts';
import type { LoggedValue, RowKind } from './row-kind.ts';

/** Placements of one host, or undefined when it was taken out of the inventory. */
export const hostPlacement: RowKind<LoggedValue<HostPlacements | undefined>> = {
  table: 'host_placement',
  columns: [
    'host',
    'valid_from',
    'tier',
    'service',
    'region',
    'datacenter',
    'rack',
    'server_type',
    'generation',
    'pool',
    'server',
    'build',
    'owner',
    'src',
    'epoch',
    'record_offset',
  ],
  append(rows, { value, key, offset, appendTimeMs }, { src, epoch }) {
    for (const placement of value?.placements ?? [removedAt(appendTimeMs)]) {
      rows
        .text(value?.host ?? key)
        .milliseconds(placement.validFromMs)
        .text(placement.tier)
        .text(placement.service)
        .text(placement.region)
        .text(placement.datacenter)
        .text(placement.rack)
        .text(placement.serverType)
        .text(placement.generation)
        .text(placement.pool)
        .text(placement.server)
        .text(placement.build)
        .text(placement.owner)
        .text(src)
        .integer(epoch)
        .integer(offset)
        .endRow();
    }
  },
};

/** A host that left the inventory is unassigned from then on; its past stays. */
const removedAt = (appendTimeMs: number): Placement => ({
  tier: unassignedTier,
  service: '',
  region: '',
  datacenter: '',
  rack: '',
  serverType: '',
  generation: '',
  pool: '',
  server: '',
  build: '',
  owner: '',
  validFromMs: appendTimeMs,
});

export const serviceInfo: RowKind<LoggedValue<ServiceInfo | undefined>> = {
  table: 'service_info',
  columns: [
    'service',
    'product',
    'top_tier',
    'web_related',
    'reference',
    'owners',
    'removed',
    'src',
    'epoch',
    'record_offset',
  ],
  append(rows, { value, key, offset }, { src, epoch }) {
    rows
      .text(value?.service ?? key)
      .text(value?.product ?? '')
      .text(value?.topTier ?? '')
      .boolean(value?.webRelated ?? false)
      .boolean(value?.reference ?? false)
      .texts(value?.owners ?? [])
      .boolean(value === undefined)
      .text(src)
      .integer(epoch)
      .integer(offset)
      .endRow();
  },
};
