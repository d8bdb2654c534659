import { deepEqual } from 'node:assert/strict';

/** Rows by key: what is found must be what is expected, each once, and equal in every field. */
export function compareRows(
  what: string,
  found: readonly (readonly [key: string, row: string])[],
  expected: ReadonlyMap<string, string>,
): void {
  const counts = new Map<string, number>();
  const different: string[] = [];
  for (const [key, row] of found) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const wanted = expected.get(key);
    if (wanted !== undefined && wanted !== row) different.push(`${key}: ${row}, not ${wanted}`);
  }
  const lost = [...expected.keys()].filter((key) => !counts.has(key));
  const unexpected = [...counts.keys()].filter((key) => !expected.has(key));
  const doubled = [...counts].filter(([, count]) => count > 1).map(([key]) => key);
  deepEqual(
    { what, lost: some(lost), doubled: some(doubled), unexpected: some(unexpected), different: some(different) },
    { what, lost: [], doubled: [], unexpected: [], different: [] },
  );
}

/** A few of them, and how many there are. */
const some = (keys: readonly string[]): readonly string[] =>
  keys.length <= 4 ? keys : [...keys.slice(0, 4), `… ${keys.length} in all`];

/** The text of a 32-bit float as a sink writes it, `\N` for none, in bits. */
export const float32Bits = (text: string | number): string => {
  if (text === '\\N') return 'none';
  const value = Math.fround(Number(text));
  return Number.isNaN(value) ? 'none' : Object.is(value, -0) ? '-0' : String(value);
};
