import { ok } from 'node:assert/strict';
import type { HostWindowsBlock, TierWindowsBlock } from '../../../schemas/blocks.ts';
import { counters } from '../../../schemas/counters.ts';
import { compareRows } from '../check/compare-rows.ts';
import { type BlocksToRead, blocksOf } from './blocks-of.ts';

const tenSecondsMs = 10_000;

/**
 * Every (tier, 10-s window, counter) that follows from the host windows is in `dyno.tier-windows.v1` once, with their
 * number, their least and their greatest. Answers how many.
 */
export async function checkTierResults(options: BlocksToRead): Promise<number> {
  const values = new Map<string, number[]>();
  for (const block of await blocksOf('dyno.host-windows.v1', options))
    if (block.kind === 'host-windows') collect(block, values);
  const expected = new Map(
    [...values].map(([key, own]) => [key, `${own.length} ${Math.min(...own)} ${Math.max(...own)}`]),
  );
  const found = (await blocksOf('dyno.tier-windows.v1', options)).flatMap((block) =>
    block.kind === 'tier-windows' && block.windowMs === tenSecondsMs ? rowsOf(block) : [],
  );
  compareRows('dyno.tier-windows.v1', found, expected);
  ok(expected.size > 0, 'dyno.tier-windows.v1: no window to compare');
  return expected.size;
}

function collect({ hosts, windowEndMs, values }: HostWindowsBlock, byKey: Map<string, number[]>): void {
  for (const [column, { name }] of counters.entries())
    for (const [at, { tier }] of hosts.entries()) {
      const value = values[column * hosts.length + at]!;
      if (Number.isNaN(value)) continue;
      const key = `${tier} ${windowEndMs} ${name}`;
      const own = byKey.get(key);
      if (own === undefined) byKey.set(key, [value]);
      else own.push(value);
    }
}

/** Rows of the tier as a whole. */
function rowsOf(block: TierWindowsBlock): [key: string, row: string][] {
  const rows = block.rowCounters.length;
  const figure = (at: number, row: number): number => block.figures[at * rows + row]!;
  return [...block.rowCounters.keys()].flatMap((row) => {
    const cell = block.cells[block.rowCells[row]!]!;
    if (cell.region !== '' || cell.serverType !== '') return [];
    const key = `${block.tier} ${block.windowEndMs} ${counters[block.rowCounters[row]!]!.name}`;
    return [[key, `${block.rowHosts[row]!} ${figure(1, row)} ${figure(2, row)}`] as [string, string]];
  });
}
