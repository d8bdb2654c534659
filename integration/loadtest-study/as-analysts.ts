import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SimulatedLoadTestGiven, steerSimulatedLoadTest } from '../../cli/loadtest/run-simulated-loadtest.ts';
import { capacityRecordOf } from '../../operators/control/load-test-record.ts';
import type { CapacityRecord } from '../../schemas/load-test-records.ts';
import { webTruth } from '../../simulate/hardware.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';
import { capacityEstimates } from '../../sinks/clickhouse/rows/load-tests.ts';
import { quantile } from '../bench/quantile.ts';
import { insertRecords } from '../clickhouse/insert-records.ts';
import { savedAnswer } from '../clickhouse/saved-answer.ts';

/**
 * `node dist/integration/loadtest-study/as-analysts.js [rounds]`: simulated load tests, their records in a real engine, and
 * what the views and saved queries make of them. A JSON line for each generation's RCU, then one for each kind of deploy.
 */
const rounds = Number(process.argv[2] ?? 40);
const generations = ['VSS', 'SC', 'WSM', 'XWSM', 'SNB'] as const;
const hourMs = 3_600_000;
const nowMs = Date.now();

/** What stands in the log after such a test; undefined without an answer. Each round is a tier of its own. */
async function recordOf(
  given: SimulatedLoadTestGiven,
  names: { readonly tier: string; readonly build: string; readonly hoursAgo: number },
): Promise<CapacityRecord | undefined> {
  const { steered } = await steerSimulatedLoadTest(given);
  const { result } = steered;
  if (result?.outcome !== 'found') return undefined;
  const { tier, build, hoursAgo } = names;
  const servers = webTruth('NHM').logicalCpus;
  return capacityRecordOf({ ...result, tier, build }, servers, nowMs - hoursAgo * hourMs);
}

async function withEngine<T>(use: (clickHouse: ClickHouse) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-study-'));
  const clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
  try {
    await migrate(clickHouse);
    return await use(clickHouse);
  } finally {
    await clickHouse.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const percent = (ratio: number): number => Number((100 * ratio).toFixed(2));
const known = <T>(values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined);

async function rcuTable(clickHouse: ClickHouse): Promise<void> {
  const records: (CapacityRecord | undefined)[] = [];
  for (let round = 0; round < rounds; round++)
    for (const [number, generation] of ['NHM', ...generations].entries()) {
      const seed = 300_000 + 10 * round + number;
      records.push(await recordOf({ generation, seed }, { tier: `rcu-${round}`, build: 'b1', hoursAgo: 1 }));
    }
  await insertRecords(clickHouse, capacityEstimates, known(records));
  const sql = "SELECT generation, rcu, rcu_lo, rcu_hi FROM dynoscope.v_capacity_now WHERE startsWith(tier, 'rcu-')";
  const rows = (await ask(clickHouse, { sql })) as {
    generation: string;
    rcu: number;
    rcu_lo: number;
    rcu_hi: number;
  }[];
  for (const generation of generations) {
    const truth = webTruth(generation).lambda100 / webTruth('NHM').lambda100;
    const mine = rows.filter((row) => row.generation === generation && row.rcu !== null);
    const errors = mine.map(({ rcu }) => rcu / truth - 1);
    print({
      generation,
      rcu_truth: truth,
      rcu_mean: Number((mine.reduce((sum, { rcu }) => sum + rcu, 0) / mine.length).toFixed(4)),
      of: mine.length,
      bias_percent: percent(errors.reduce((sum, error) => sum + error, 0) / errors.length),
      error_p90_percent: percent(quantile(errors.map(Math.abs), 0.9)),
      error_max_percent: percent(Math.max(...errors.map(Math.abs))),
      covers_percent: percent(mine.filter((row) => row.rcu_lo <= truth && truth <= row.rcu_hi).length / mine.length),
    });
  }
}

const deploys = { same: 1, slower: 1.05, faster: 0.95 } as const;

async function changesOfBuilds(clickHouse: ClickHouse): Promise<void> {
  const { serviceS, logicalCpus } = webTruth('NHM');
  const records: (CapacityRecord | undefined)[] = [];
  for (let round = 0; round < rounds; round++) {
    const test = (number: number, slowness: number, build: string, tier: string) =>
      recordOf(
        { logicalCpus, serviceMs: 1_000 * serviceS * slowness, seed: 500_000 + 10 * round + number },
        { tier, build, hoursAgo: build === 'b1' ? 2 : 1 },
      );
    const before = await test(0, 1, 'b1', '');
    if (before === undefined) continue;
    for (const [number, [name, slowness]] of Object.entries(deploys).entries()) {
      const tier = `${name}-${round}`;
      const after = await test(1 + number, slowness, 'b2', tier);
      if (after !== undefined) records.push({ ...before, tier }, after);
    }
  }
  await insertRecords(clickHouse, capacityEstimates, known(records));
  const rows = await savedAnswer<{ tier: string; verdict: string }>(clickHouse, 'capacity-changes');
  for (const name of Object.keys(deploys)) {
    const mine = rows.filter(({ tier }) => tier.startsWith(`${name}-`));
    const count = (verdict: string) => mine.filter((row) => row.verdict === verdict).length;
    print({
      build: name,
      pairs: mine.length,
      regression: count('regression'),
      improvement: count('improvement'),
      no_change_shown: count('no change shown'),
    });
  }
}

await withEngine(async (clickHouse) => {
  await rcuTable(clickHouse);
  await changesOfBuilds(clickHouse);
});
