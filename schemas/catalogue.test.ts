import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import type { HostWindowsBlock, TierWindowsBlock, WindowMarker } from './blocks.ts';
import { tierFigures } from './blocks.ts';
import { type Catalogue, currentCatalogue, positionsIn } from './catalogue.ts';
import { withCurrentColumns } from './current-columns.ts';

/** Version 2 put a counter in front, turned the order of the others, and took `c` out. */
const catalogue: Catalogue = { version: 2, names: ['new', 'b', 'a'], older: new Map([[1, ['a', 'b', 'c']]]) };
const head = { windowEndMs: 10_000, windowMs: 10_000, source: 0, sources: 1, epoch: 1, part: 0, parts: 1 };
const identity = { service: '', tier: '', region: '', serverType: '', generation: '', build: '', pool: '', server: '' };

const hostBlock = (catalogueVersion: number): HostWindowsBlock => ({
  kind: 'host-windows',
  ...head,
  hosts: [
    { host: 'x', ...identity },
    { host: 'y', ...identity },
  ],
  catalogueVersion,
  values: Float32Array.of(1, 2, 10, 20, 100, 200),
  samples: Uint8Array.of(1, 2, 3, 4, 5, 6),
  app: [undefined, undefined],
});

test('columns of hosts go where the names are now; a counter that is new has no value', () => {
  const { catalogueVersion, values, samples } = withCurrentColumns(hostBlock(1), catalogue);
  equal(catalogueVersion, 2);
  deepEqual([...values], [Number.NaN, Number.NaN, 10, 20, 1, 2]);
  deepEqual([...samples], [0, 0, 3, 4, 1, 2]);
});

test('rows of tiers name the counters of today, and those of counters that are gone are left out', () => {
  const block: TierWindowsBlock = {
    kind: 'tier-windows',
    ...head,
    tier: 'web',
    service: 'www',
    catalogueVersion: 1,
    cells: [{ region: '', serverType: '' }],
    rowCells: Int32Array.of(0, 0, 0),
    rowCounters: Int32Array.of(0, 2, 1),
    rowHosts: Int32Array.of(7, 8, 9),
    rowSamples: Int32Array.of(70, 80, 90),
    figures: Float32Array.from({ length: tierFigures.length * 3 }, (_, at) => at),
    sketches: ['A', 'C', 'B'].map((text) => Buffer.from(text)),
  };
  const mapped = withCurrentColumns(block, catalogue);
  deepEqual([...mapped.rowCounters], [2, 1]);
  deepEqual([...mapped.rowHosts], [7, 9]);
  deepEqual([...mapped.rowSamples], [70, 90]);
  deepEqual([...mapped.figures].slice(0, 4), [0, 2, 3, 5]);
  deepEqual(mapped.sketches.map(String), ['A', 'B']);
});

test('blocks of this version and markers stay the objects that they are', () => {
  const block = hostBlock(2);
  equal(withCurrentColumns(block, catalogue), block);
  const marker: WindowMarker = { kind: 'marker', source: 0, sources: 1, epoch: 1, windowMs: 1, closedThroughMs: 1 };
  equal(withCurrentColumns(marker, catalogue), marker);
});

test('a newer version waits for a program that knows it, a version without a list is refused', () => {
  throws(() => withCurrentColumns(hostBlock(3), catalogue), { code: 'DYNO_SCHEMA_CATALOGUE_NEWER', retryable: true });
  throws(() => positionsIn(catalogue, 0), { code: 'DYNO_SCHEMA_CATALOGUE_UNKNOWN', retryable: false });
});

test('the list of every version up to this one is kept', () => {
  const versions = Array.from({ length: currentCatalogue.version - 1 }, (_, i) => i + 1);
  deepEqual(
    [...currentCatalogue.older.keys()].sort((a, b) => a - b),
    versions,
  );
});
