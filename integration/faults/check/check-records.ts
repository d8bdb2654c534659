import { deepEqual, equal } from 'node:assert/strict';
import { deadLetterTopic } from '../../../pipelines/dead-letters.ts';
import type { OracleClass } from '../../oracle/expected-windows.ts';
import { countersTopic } from '../simulation/simulated-host.ts';
import type { SimulatedWorld } from '../simulation/simulated-world.ts';
import type { RowsOf } from './check-windows.ts';
import { compareRows } from './compare-rows.ts';
import type { PartitionTruth } from './world-truth.ts';

const rejectedClasses: ReadonlySet<OracleClass> = new Set(['undecodable', 'skewed', 'late']);

/**
 * Dead letters: every undecodable, skewed and late record once in the topic, nothing else; the same rows in
 * `rejected_records`, where what a crash repeats is merged away by its key (src, record_offset).
 */
export function checkRejected(world: SimulatedWorld, rowsOf: RowsOf, truths: readonly PartitionTruth[]): void {
  const expected = new Map<string, string>();
  for (const { partition, expected: truth } of truths)
    for (const [offset, found] of truth.classOf)
      if (rejectedClasses.has(found)) expected.set(`${partition}@${offset}`, found);
  const letters = deadLetters(world);
  // A new epoch that reads the topic from its beginning tells its rejected records once more.
  const told = world.epoch === 1 ? letters : [...new Map(letters)];
  compareRows(deadLetterTopic(countersTopic), told, expected);
  const merged = new Map(
    rowsOf('rejected_records').map((row) => [`${row.get('src')} ${row.get('record_offset')}`, row]),
  );
  const found = [...merged.values()].map(
    (row) => [`${row.get('partition')}@${row.get('offset')}`, classOf(row.get('reason')!)] as const,
  );
  compareRows('rejected_records', world.epoch === 1 ? found : [...new Map(found)], expected);
}

/** What a reader of committed records finds in the dead-letter topic. */
function deadLetters({ cluster }: SimulatedWorld): (readonly [string, string])[] {
  return cluster
    .partitions(deadLetterTopic(countersTopic))
    .flatMap(({ records }) => records)
    .filter(({ transaction }) => transaction?.outcome === 'committed')
    .map(({ headers }) => {
      const said = (name: string): string => String(headers?.[`__connect.errors.${name}`]);
      return [`${said('partition')}@${said('offset')}`, classOf(said('exception.class.name'))];
    });
}

const classOf = (reason: string): string => (reason === 'skewed' || reason === 'late' ? reason : 'undecodable');

/** `counters_1s`: every record that could be decoded and has a believable time, once; later repeats too. */
export function checkCounters1s(rowsOf: RowsOf, truths: readonly PartitionTruth[]): void {
  const expected = new Map<string, string>();
  for (const { partition, expected: truth } of truths)
    for (const [offset, found] of truth.classOf)
      if (found !== 'tick' && found !== 'undecodable' && found !== 'skewed')
        expected.set(`${countersTopic}-${partition}@${offset}`, '');
  const found = rowsOf('counters_1s').map((row) => {
    const offset = Number.MAX_SAFE_INTEGER - Number(row.get('precedence'));
    return [`${row.get('src')}@${offset}`, ''] as const;
  });
  compareRows('counters_1s', found, expected);
}

/** The ledger in each task's last commit is what became of every record, and adds up. */
export function checkLedger(world: SimulatedWorld, truths: readonly PartitionTruth[]): void {
  for (const { partition, records, expected } of truths) {
    const committed = world.cluster.committedOffset(`windows-e${world.epoch}`, { topic: countersTopic, partition });
    const { position, ledger } = JSON.parse(committed!.metadata) as {
      position: number;
      ledger: Record<string, number>;
    };
    const wanted: Record<string, number> = { in: 0, windowed: 0, undecodable: 0, skewed: 0, late: 0, duplicate: 0 };
    for (const [offset, found] of expected.classOf) {
      if (offset >= position || found === 'tick') continue;
      wanted['in']!++;
      wanted[found]!++;
    }
    deepEqual({ partition, ...ledger }, { partition, ...wanted });
    const { in: all, windowed, undecodable, skewed, late, duplicate } = wanted;
    equal(all, windowed! + undecodable! + skewed! + late! + duplicate!);
    const lastRecord = records.findLast(({ offset }) => expected.classOf.get(offset) !== 'tick');
    equal(position > (lastRecord?.offset ?? -1), true, `partition ${partition} was read to its last record`);
  }
}
