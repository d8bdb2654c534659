import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inWords, inWorkers, type WorldJob } from './simulation/in-workers.ts';
import {
  controlJobs,
  controlKillJobs,
  controlScenarioJobs,
  killJobs,
  runJob,
  scenarioJobs,
} from './simulation/run-job.ts';

/**
 * The long form of the fault suite: `npm run test:faults`. `-- --seeds N` runs N worlds of chance only (with
 * `--loadtests` tiers that are steered), `-- --real` the real processes only, `-- --seed S` (with `--point P --stage T` or
 * `--scenario NAME`, and `--loadtests`) one world again, with its log lines. `-- --soak 30m` runs the real stages on a real Kafka for that long, faults of `--seed` among them, and looks at
 * their memory; `-- --clickhouse-away 5m` leaves the whole program without its ClickHouse server for so long.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    scenario: { type: 'string' },
    loadtests: { type: 'boolean' },
    point: { type: 'string' },
    stage: { type: 'string' },
    real: { type: 'boolean' },
    soak: { type: 'string' },
    'clickhouse-away': { type: 'string' },
  },
});

async function worlds(name: string, jobs: readonly WorldJob[]): Promise<void> {
  const startMs = performance.now();
  const onDone = (done: number): void => {
    if (done % 100 === 0) process.stderr.write(`${name}: ${done} of ${jobs.length}\n`);
  };
  const failures = await inWorkers({ jobs, onDone });
  for (const failure of failures) process.stdout.write(`${inWords(failure)}\n`);
  const tookS = Math.round((performance.now() - startMs) / 1_000);
  process.stdout.write(`${name}: ${jobs.length} worlds, ${failures.length} failed, ${tookS} s\n`);
  if (failures.length > 0) process.exitCode = 1;
}

/** Rules taken out one at a time; then processes that die, freeze and lose their broker, on both logs: hours. */
async function tests(names: readonly string[]): Promise<void> {
  const files = names.map((name) => fileURLToPath(new URL(`./${name}.test.js`, import.meta.url)));
  const env = { ...process.env, DYNO_FAULTS: 'long' };
  const args = ['--test', '--test-concurrency=1', '--test-reporter', 'spec', ...files];
  const running = spawn(process.execPath, args, { stdio: 'inherit', env });
  const [code] = await once(running, 'exit');
  if (code !== 0) process.exitCode = 1;
}

const chance = (seeds: number): WorldJob[] => Array.from({ length: seeds }, (_, i) => ({ seed: i + 1 }));

if (values.real === true) {
  await tests(['real-processes']);
} else if (values.soak !== undefined) {
  const { soakFor } = await import('./soak/soak-for.ts');
  await soakFor(values.soak, Number(values.seed ?? 1));
} else if (values['clickhouse-away'] !== undefined) {
  process.env['DYNO_CLICKHOUSE_AWAY'] = values['clickhouse-away'];
  await tests(['../clickhouse/server-faults']);
} else if (values.seed !== undefined) {
  const { point, stage, scenario } = values;
  const named = scenario === undefined ? {} : { scenario };
  const kill = point === undefined || stage === undefined ? {} : { kill: { point, stage } };
  const steered = values.loadtests === true ? { loadtests: true as const } : {};
  await runJob({ seed: Number(values.seed), ...steered, ...kill, ...named });
  process.stdout.write(`seed ${values.seed}: all well\n`);
} else if (values.seeds === undefined) {
  await worlds('worlds of chance', chance(10_000));
  await worlds('crash points', killJobs(100));
  await worlds('scenarios', scenarioJobs(20));
  await worlds('load tests', controlJobs(2_000));
  await worlds('crash points of load tests', controlKillJobs(50));
  await worlds('scenarios of load tests', controlScenarioJobs(20));
  process.env['DYNO_CLICKHOUSE_AWAY'] ??= '5m';
  await tests(['mutations', 'real-processes', '../clickhouse/server-faults']);
} else if (values.loadtests === true) {
  await worlds('load tests', controlJobs(Number(values.seeds)));
} else {
  await worlds('worlds of chance', chance(Number(values.seeds)));
}
