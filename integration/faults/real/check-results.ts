import { ok } from 'node:assert/strict';
import type { HostWindowsBlock, TierSecondsBlock } from '../../../schemas/blocks.ts';
import type { PartitionTruth } from '../../kill/log-contents.ts';
import { compareRows } from '../check/compare-rows.ts';
import { type BlocksToRead, blocksOf } from './blocks-of.ts';

export interface ResultsToCheck extends BlocksToRead {
  readonly truths: readonly PartitionTruth[];
}

const lengths = [
  { windowMs: 10_000, topic: 'dyno.host-windows.v1' },
  { windowMs: 1_000, topic: 'dyno.tier-seconds.v1' },
] as const;

/**
 * Every (host, window) that plain loops make of the input is in its result topic once, with the same values, bit for
 * bit, and nothing else is there. Answers how many of each.
 */
export async function checkResults(options: ResultsToCheck): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { windowMs, topic } of lengths) {
    const expected = expectedRows(options, windowMs);
    const found = (await blocksOf(topic, options)).flatMap((block) =>
      block.kind === 'host-windows' || block.kind === 'tier-seconds' ? rowsOf(block) : [],
    );
    compareRows(topic, found, expected);
    ok(expected.size > 0, `${topic}: no window to compare`);
    counts[topic] = expected.size;
  }
  return counts;
}

function expectedRows({ truths, throughMs }: ResultsToCheck, windowMs: number): Map<string, string> {
  const rows = new Map<string, string>();
  for (const window of truths.flatMap(({ expected }) => expected.windows)) {
    if (window.windowMs !== windowMs || window.endMs > throughMs) continue;
    for (const [host, { values, samples }] of window.hosts) {
      const key = `${host} ${window.endMs}`;
      if (rows.has(key)) throw new Error(`${key} is in two partitions: a defect of the test's feed`);
      rows.set(key, windowMs === 10_000 ? inWords(values.map(Math.fround), samples) : inWords(values, []));
    }
  }
  return rows;
}

const rowsOf = (block: HostWindowsBlock | TierSecondsBlock): [key: string, row: string][] =>
  block.hosts.map(({ host }, at) => {
    const values = column(block.values, at, block.hosts.length);
    const samples = block.kind === 'host-windows' ? column(block.samples, at, block.hosts.length) : [];
    return [`${host} ${block.windowEndMs}`, inWords(values, samples)];
  });

const column = (values: ArrayLike<number>, at: number, hosts: number): number[] =>
  Array.from({ length: values.length / hosts }, (_, i) => values[i * hosts + at]!);

/** A number's shortest text names its bits. */
const inWords = (values: readonly number[], samples: readonly number[]): string =>
  `${values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join(' ')} of ${samples.join(' ')}`;
