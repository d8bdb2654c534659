import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { DynoError, messageOf } from '../../base/errors.ts';
import type { LoadTests } from '../../schemas/loadtests-file/load-tests.ts';
import { loadTestsCode, parseLoadTests } from '../../schemas/loadtests-file.ts';
import { PlacementTable } from '../../schemas/placement-table.ts';
import type { HostPlacements } from '../../schemas/records.ts';
import { noticeMs } from '../../schemas/topology-plan.ts';
import { readCompacted } from '../setup/compacted-topic.ts';
import type { LogAndRegistry } from '../setup/with-log-and-registry.ts';

export interface LoadTestsFileOptions extends LogAndRegistry {
  /** Where the file is; undefined = there is none, nothing may be steered. */
  readonly path: string | undefined;
  readonly clock: Clock;
  /** Hosts that will come into the topology after this check. */
  readonly coming?: readonly HostPlacements[];
}

/**
 * What may be steered, held against the topology in the log; undefined without a file. A mistake stops the start with
 * file:line of everything that is wrong, before anything could be steered by it.
 */
export async function loadTestsFromFile(options: LoadTestsFileOptions): Promise<LoadTests | undefined> {
  const { path, clock, coming = [] } = options;
  if (path === undefined) return undefined;
  const file = relative(process.cwd(), path) || path;
  const text = textOf(path, file);
  const table = new PlacementTable();
  for (const record of coming) table.apply(record);
  for (const record of (await readCompacted(options, 'topology.hosts.v1')).values()) table.apply(record);
  // A change that was applied a moment ago, from topology.yaml, holds from the first second after its notice.
  const timeMs = clock.nowMs() + noticeMs + 1_000;
  const hosts = [...table.entries()].flatMap(({ host }) => {
    const placement = table.placementAt(host, timeMs);
    return placement === undefined ? [] : [{ host, placement }];
  });
  return parseLoadTests({ file, text }, hosts);
}

function textOf(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DynoError(
      loadTestsCode,
      `${file} cannot be read: ${messageOf(cause)}; name a readable file or leave the setting out`,
      { cause },
    );
  }
}
