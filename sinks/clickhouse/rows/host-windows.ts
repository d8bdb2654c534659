import type { HostWindowsBlock } from '../../../schemas/blocks.ts';
import { columnsOf } from '../columns.ts';
import { counterColumns } from './counter-columns.ts';
import { appendIdentity, identityColumns } from './identity.ts';
import { type RowKind, sourceColumns } from './row-kind.ts';

/** A block of host windows with this catalogue's columns: one row a host, one column a counter. */
export const hostWindows: RowKind<HostWindowsBlock> = {
  table: 'host_windows',
  columns: columnsOf({
    time: "DateTime('UTC')",
    ...identityColumns,
    samples: 'UInt8',
    app: 'Map(LowCardinality(String), Float64)',
    ...sourceColumns,
    ...counterColumns,
  }),
  append(rows, block, { src, epoch }) {
    const { values, samples } = block;
    const hosts = block.hosts.length;
    const row = new Float64Array(hosts === 0 ? 0 : values.length / hosts);
    for (const [at, host] of block.hosts.entries()) {
      appendIdentity(rows.seconds(block.windowEndMs), host);
      rows.integer(mostSamples(block, at)).map(sortedByName(block.app[at])).text(src).integer(epoch);
      for (let cell = at, counter = 0; cell < values.length; cell += hosts, counter++)
        row[counter] = samples[cell] === 0 ? Number.NaN : values[cell]!;
      rows.float32s({ values: row, from: 0, step: 1, count: row.length }).endRow();
    }
  },
};

function mostSamples({ samples, hosts }: HostWindowsBlock, at: number): number {
  let most = 0;
  for (let cell = at; cell < samples.length; cell += hosts.length) most = Math.max(most, samples[cell]!);
  return most;
}

/** The order of a map's keys must not depend on which host's sample came first. */
const sortedByName = (app: ReadonlyMap<string, number> | undefined): readonly (readonly [string, number])[] =>
  app === undefined ? [] : [...app].sort(([a], [b]) => (a < b ? -1 : 1));
