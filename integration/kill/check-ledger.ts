import { deepEqual } from 'node:assert/strict';
import type { Log } from '../../log/port.ts';
import type { PartitionTruth } from './log-contents.ts';

interface Ledger {
  readonly in: number;
  readonly windowed: number;
  readonly undecodable: number;
  readonly skewed: number;
  readonly late: number;
  readonly duplicate: number;
}

/** The ledger in each task's last commit is what became of the records below its position, by plain loops. */
export async function checkLedger(log: Log, group: string, truths: readonly PartitionTruth[]): Promise<Ledger> {
  const total = { in: 0, windowed: 0, undecodable: 0, skewed: 0, late: 0, duplicate: 0 };
  for (const { partition, expected } of truths) {
    const [committed] = await log.committedOffsets(group, [{ topic: 'dyno.counters.v1', partition }]);
    if (committed === undefined) throw new Error(`group ${group} has committed nothing for partition ${partition}`);
    const { position, ledger } = JSON.parse(committed.metadata) as { position: number; ledger: Ledger };
    const wanted = { in: 0, windowed: 0, undecodable: 0, skewed: 0, late: 0, duplicate: 0 };
    for (const [offset, kind] of expected.classOf) {
      if (offset >= position || kind === 'tick') continue;
      wanted.in++;
      wanted[kind]++;
    }
    deepEqual({ partition, ...ledger }, { partition, ...wanted });
    for (const name of Object.keys(total) as (keyof Ledger)[]) total[name] += ledger[name];
  }
  return total;
}
