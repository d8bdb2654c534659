import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Log } from '../../../log/port.ts';
import { counters } from '../../../schemas/counters.ts';
import { placementsOf } from '../../bench/world/counter-records.ts';
import { checkLedger } from '../../kill/check-ledger.ts';
import { type PartitionTruth, schemasIn, truthsOf } from '../../kill/log-contents.ts';
import type { OracleClass } from '../../oracle/expected-windows.ts';
import { digestOf, type FoundWindows, foundWindows } from './found-windows.ts';
import { type FoundTiers, foundTiers, TierTruth } from './tier-truth.ts';

export interface SoakChecked {
  readonly hostWindows: number;
  readonly tierSeconds: number;
  readonly tierRows: number;
  readonly ledger: Readonly<Record<string, number>>;
}

export interface CheckSoakOptions {
  readonly log: Log;
  readonly metrics: readonly string[];
  /** Hosts of the inventory. */
  readonly placed: number;
}

const rejected: ReadonlySet<OracleClass> = new Set(['undecodable', 'skewed', 'late']);
const deadLetters = 'dyno.counters.v1.dlq';

/**
 * What the result topics hold, against what plain loops make of the input topic: every (host, window) once and equal bit
 * for bit, tiers recomputed, dead letters as expected, the ledger adds up. One input partition at a time is in memory.
 */
export async function checkSoak({ log, metrics, placed }: CheckSoakOptions): Promise<SoakChecked> {
  const tierOf = new Map(placementsOf(placed).map(({ host, placements }) => [host, placements[0]!.tier]));
  const found = await foundWindows(log, metrics);
  const tiers = await foundTiers(log);
  const letters = await lettersIn(log);
  const counts = { hostWindows: found.hostWindows.size, tierSeconds: found.tierSeconds.size };
  const tierTruth = new TierTruth();
  const ledger: Record<string, number> = {};
  for await (const truth of truthsOf({ log, schemas: await schemasIn(log), metrics })) {
    for (const [name, count] of Object.entries(await checkLedger(log, 'windows-e1', [truth])))
      ledger[name] = (ledger[name] ?? 0) + count;
    checkLetters(letters, truth);
    checkPartition(found, truth, (host) => tierOf.get(host) ?? 'unassigned');
    for (const { windowMs, endMs, hosts } of truth.expected.windows)
      if (windowMs === 10_000) tierTruth.add(endMs, hosts, (host) => tierOf.get(host) ?? 'unassigned');
  }
  const beyond = { hostWindows: some(found.hostWindows), tierSeconds: some(found.tierSeconds), letters: some(letters) };
  deepEqual(beyond, { hostWindows: [], tierSeconds: [], letters: [] }, 'results that follow from no record');
  const { in: all, windowed, undecodable, skewed, late, duplicate } = ledger as Record<OracleClass | 'in', number>;
  equal(all, windowed + undecodable + skewed + late + duplicate);
  ok(counts.hostWindows > 0 && counts.tierSeconds > 0, 'nothing to compare: the run was too short');
  return { ...counts, tierRows: checkTierRows(tiers, tierTruth), ledger };
}

/** Takes what the partition explains out of what was found; whatever is left at the end is there without a reason. */
function checkPartition(found: FoundWindows, truth: PartitionTruth, tierOf: (host: string) => string): void {
  const lost: string[] = [];
  const different: string[] = [];
  for (const { windowMs, endMs, hosts } of truth.expected.windows) {
    const rows = windowMs === 1_000 ? found.tierSeconds : found.hostWindows;
    for (const [host, expected] of hosts) {
      const key = `${host} ${endMs}`;
      const digest = rows.get(key);
      if (digest === undefined) lost.push(`${windowMs} ${key}`);
      else if (digest !== digestOf(tierOf(host), expected, windowMs)) different.push(`${windowMs} ${key}`);
      rows.delete(key);
    }
  }
  deepEqual(
    {
      partition: truth.partition,
      lost: lost.length,
      different: different.length,
      some: [...lost, ...different].slice(0, 5),
    },
    { partition: truth.partition, lost: 0, different: 0, some: [] },
  );
}

/** Each rejected record by where it lies in the input topic; twice is an error. */
async function lettersIn(log: Log): Promise<Map<string, string>> {
  const letters = new Map<string, string>();
  const { endOffsets } = await log.topicState(deadLetters);
  for (const partition of endOffsets.keys()) {
    for await (const { headers } of log.read({ topic: deadLetters, partition })) {
      for (const header of headers) {
        const said = (name: string): string => String(header?.[`__connect.errors.${name}`]);
        const key = `${said('partition')}@${said('offset')}`;
        ok(!letters.has(key), `the dead letter of ${key} is there twice`);
        letters.set(key, said('exception.class.name'));
      }
    }
  }
  return letters;
}

function checkLetters(letters: Map<string, string>, { partition, expected }: PartitionTruth): void {
  for (const [offset, found] of expected.classOf) {
    if (!rejected.has(found)) continue;
    const key = `${partition}@${offset}`;
    const reason = letters.get(key);
    ok(reason !== undefined, `record ${key} is ${found}, but no dead letter tells it`);
    equal(reason === 'skewed' || reason === 'late' ? reason : 'undecodable', found, key);
    letters.delete(key);
  }
}

function checkTierRows(found: FoundTiers, truth: TierTruth): number {
  let compared = 0;
  for (const [windowMs, throughMs] of found.throughMs) {
    const expected = truth.rows(windowMs, throughMs);
    for (const [key, row] of expected) {
      const is = found.rows.get(key);
      ok(is !== undefined, `no row of tiers ${key}`);
      const { mean, ...exact } = is;
      const { mean: wanted, ...wantedExact } = row;
      deepEqual(exact, wantedExact, key);
      ok(Math.abs(mean - wanted) <= 1e-5 * Math.max(Math.abs(wanted), 1e-30), `${key}: mean ${mean}, not ${wanted}`);
      found.rows.delete(key);
      compared++;
    }
  }
  deepEqual(some(found.rows), [], 'rows of tiers that follow from no record');
  ok(compared > 0 && counters.length > 0, 'no row of tiers to compare');
  return compared;
}

const some = (rows: ReadonlyMap<string, unknown>): string[] => [...rows.keys()].slice(0, 5);
