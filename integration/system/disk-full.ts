import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { openEmbeddedLog } from '../../log/embedded/open-embedded-log.ts';
import { isHealthy, ledgerGap } from '../../overwatch/status-report.ts';
import { checkAgainstOracle } from './check-against-oracle.ts';
import { atEnd, type Running, stageOf, startRunning, until } from './running.ts';
import { mountSmallDisk } from './small-disk.ts';

const fleetHosts = 24;
const fullS = 15;

/** The disk of the data folder is full for a while: the program lives, says so, loses only what it counts, goes on. */
export async function diskFull(t: TestContext): Promise<void> {
  const disk = mountSmallDisk(t, 400);
  const dataDir = join(disk.folder, 'data');
  const running = await startRunning(t, { args: ['--hosts', String(fleetHosts), '--data', dataDir] });
  await until('records of every host', 40_000, async () =>
    stageOf(await running.status(), 'windows').windowed > fleetHosts * 10 ? true : undefined,
  );
  const before = await published(running);
  equal(sum(before.dropped), 0);

  const said = new Set<string>();
  for (let second = 0; second < fullS; second++) {
    // What the program itself gives free (ClickHouse merges) is taken too.
    disk.fill();
    await delay(1_000);
    for (const { error } of (await running.status()).stages) said.add(error ?? '');
  }
  const full = await published(running);
  ok(sum(full.sampled) >= sum(before.sampled) + (fullS - 5) * (1 + fleetHosts), 'sampling goes on');
  ok(sum(full.dropped) > 0, 'what found no place is counted');
  const report = await running.status();
  match(report.problems.join('\n'), /dropped \d+ records \(spool_unwritable\)/);
  match([...said].join('\n'), /make room on the disk/);
  equal(isHealthy(report), false);
  disk.makeRoom();

  const roomS = Math.ceil(Date.now() / 1_000);
  await until('windows of the time after', 90_000, async () => {
    const rows = await running.ask(
      `SELECT host FROM dynoscope.host_windows WHERE toUnixTimestamp(time) >= ${roomS + 10} GROUP BY host`,
    );
    return rows.length === 1 + fleetHosts ? true : undefined;
  });
  await until('every sample accounted for', 20_000, async () => {
    const { sampled, sent, spooled, dropped } = await published(running);
    return sum(sampled) === sum(sent) + sum(spooled) + sum(dropped) ? true : undefined;
  });
  const after = await running.status();
  deepEqual(
    after.stages.map((stage) => [stage.name, stage.state, stage.error, ledgerGap(stage)]),
    after.stages.map(({ name }) => [name, 'running', undefined, 0]),
  );
  equal(await running.program.signal('SIGINT'), 0, running.program.stderr);
  // What lmdb writes down of a write that failed spoils the heap: it must not come to that.
  doesNotMatch(running.program.stderr, /Write error/);

  const log = await openEmbeddedLog({ dir: join(dataDir, 'log'), clock: systemClock });
  atEnd(t, () => log.close());
  const { ledger, says, clickHouse } = await checkAgainstOracle(log, dataDir);
  await clickHouse.close();
  t.diagnostic(`${sum(full.dropped)} samples dropped in ${fullS} s; ${says}`);
  deepEqual([ledger.undecodable, ledger.skewed], [0, 0]);
}

interface Published {
  readonly sampled: readonly number[];
  readonly sent: readonly number[];
  readonly spooled: readonly number[];
  readonly dropped: readonly number[];
}

/** What agent and fleet have published so far, as `/metrics` says. */
async function published({ url }: Running): Promise<Published> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = (name: string): number[] =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'gm'))].map(([, value]) => Number(value));
  return {
    sampled: values('dyno_agent_samples_total'),
    sent: values('dyno_agent_samples_sent_total'),
    spooled: values('dyno_agent_spool_records'),
    dropped: values('dyno_agent_samples_dropped_total'),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
