import type { HostWindowsBlock, TierCell } from '../../schemas/blocks.ts';
import { type Figures, figuresOf, mergeFigures } from '../stats/figures.ts';

/** Figures of one part of a tier in one window, by counter. */
export interface CellFigures {
  readonly cell: TierCell;
  readonly byCounter: (Figures | undefined)[];
}

/** One tier of one service in one window, of any length. */
export interface TierSlice {
  readonly service: string;
  readonly tier: string;
  /** By `cellKey`; the tier as a whole has region '' and server type ''. */
  readonly cells: Map<string, CellFigures>;
}

/** Slices of one window by `tierKey`. */
export type TierSlices = Map<string, TierSlice>;

export const tierKey = (service: string, tier: string): string => JSON.stringify([service, tier]);
export const cellKey = ({ region, serverType }: TierCell): string => JSON.stringify([region, serverType]);

/** Hosts of one cell, each by its block and its place in it. */
interface CellHosts {
  readonly cell: TierCell;
  readonly blocks: HostWindowsBlock[];
  readonly places: number[];
}

interface TierHosts {
  readonly service: string;
  readonly tier: string;
  readonly cells: Map<string, CellHosts>;
}

/** Figures over the hosts of one complete 10-s window: each tier as a whole, and by region and server type. */
export function slicesOf(blocks: readonly HostWindowsBlock[], counters: number): TierSlices {
  const slices: TierSlices = new Map();
  for (const [key, { service, tier, cells }] of hostsByTier(blocks)) {
    const figures = [...cells].map(([name, hosts]) => [name, figuresOfCell(hosts, counters)] as const);
    slices.set(key, { service, tier, cells: new Map(figures) });
  }
  return slices;
}

/** Adds the slices of a shorter window to those of a longer one. Nothing of `slices` is changed. */
export function mergeInto(longer: TierSlices, slices: TierSlices): void {
  for (const [key, slice] of slices) {
    let known = longer.get(key);
    if (known === undefined) {
      known = { service: slice.service, tier: slice.tier, cells: new Map() };
      longer.set(key, known);
    }
    for (const [name, { cell, byCounter }] of slice.cells) mergeCell(known, name, cell, byCounter);
  }
}

function mergeCell(slice: TierSlice, name: string, cell: TierCell, byCounter: readonly (Figures | undefined)[]): void {
  const known = slice.cells.get(name);
  if (known === undefined) {
    slice.cells.set(name, { cell, byCounter: [...byCounter] });
    return;
  }
  for (let counter = 0; counter < byCounter.length; counter++) {
    const figures = byCounter[counter];
    if (figures !== undefined) known.byCounter[counter] = mergeFigures(known.byCounter[counter], figures);
  }
}

function hostsByTier(blocks: readonly HostWindowsBlock[]): Map<string, TierHosts> {
  const tiers = new Map<string, TierHosts>();
  for (const block of blocks)
    for (const [place, { service, tier, region, serverType }] of block.hosts.entries()) {
      const key = tierKey(service, tier);
      let hosts = tiers.get(key);
      if (hosts === undefined) {
        hosts = { service, tier, cells: new Map() };
        tiers.set(key, hosts);
      }
      addHost(hosts, { region: '', serverType: '' }, block, place);
      // Hosts of which nothing is known are in the tier as a whole only.
      if (region !== '' || serverType !== '') addHost(hosts, { region, serverType }, block, place);
    }
  return tiers;
}

function addHost(tier: TierHosts, cell: TierCell, block: HostWindowsBlock, place: number): void {
  const key = cellKey(cell);
  let hosts = tier.cells.get(key);
  if (hosts === undefined) {
    hosts = { cell, blocks: [], places: [] };
    tier.cells.set(key, hosts);
  }
  hosts.blocks.push(block);
  hosts.places.push(place);
}

function figuresOfCell({ cell, blocks, places }: CellHosts, counters: number): CellFigures {
  const values = new Float64Array(blocks.length);
  const byCounter = Array.from({ length: counters }, (_, counter) => {
    let count = 0;
    let samples = 0;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i]!;
      const at = counter * block.hosts.length + places[i]!;
      const value = block.values[at]!;
      if (block.samples[at] === 0 || !Number.isFinite(value)) continue;
      values[count++] = value;
      samples += block.samples[at]!;
    }
    return figuresOf(values, count, samples);
  });
  return { cell, byCounter };
}
