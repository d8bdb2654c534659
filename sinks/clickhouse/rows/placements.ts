import type { HostPlacements, ServiceInfo } from '../../../schemas/records.ts';
import { type Placement, unassignedTier } from '../../../schemas/topology.ts';
import { columnsOf } from '../columns.ts';
import { type LoggedValue, type RowKind, recordColumns } from './row-kind.ts';

/** Placements of one host, or undefined when it was taken out of the inventory. */
export const hostPlacement: RowKind<LoggedValue<HostPlacements | undefined>> = {
  table: 'host_placement',
  columns: columnsOf({
    host: 'String',
    valid_from: "DateTime64(3, 'UTC')",
    tier: 'LowCardinality(String)',
    service: 'LowCardinality(String)',
    region: 'LowCardinality(String)',
    datacenter: 'LowCardinality(String)',
    rack: 'LowCardinality(String)',
    server_type: 'LowCardinality(String)',
    generation: 'LowCardinality(String)',
    pool: 'LowCardinality(String)',
    server: 'String',
    build: 'LowCardinality(String)',
    owner: 'LowCardinality(String)',
    ...recordColumns,
  }),
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
  columns: columnsOf({
    service: 'String',
    product: 'LowCardinality(String)',
    top_tier: 'LowCardinality(String)',
    web_related: 'Bool',
    reference: 'Bool',
    owners: 'Array(String)',
    removed: 'Bool',
    ...recordColumns,
  }),
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
