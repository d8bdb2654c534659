import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import type { CapacityModel } from '../../operators/capacity/estimate-capacity.ts';
import type { Action, Phase, RunOutcome } from '../../operators/control/decisions.ts';
import { naturalOutcome } from '../../operators/control/natural-tier.ts';
import type { CounterDefinition } from '../../schemas/counter.ts';
import { counters } from '../../schemas/counters.ts';
import { weightModes } from '../../schemas/weight-records.ts';
import { ask, command } from '../../sinks/clickhouse/ask.ts';
import { type ClickHouse, openClickHouse } from '../../sinks/clickhouse/connection.ts';
import { migrate } from '../../sinks/clickhouse/migrate.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-ch-'));
let clickHouse: ClickHouse;

before(async () => {
  clickHouse = await openClickHouse({ url: undefined, user: 'default', password: '', dataDir });
});
after(async () => {
  await clickHouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const counter = (name: string, summary: string): CounterDefinition => ({
  name,
  category: 'cpu',
  unit: 'ratio',
  kind: 'ratio',
  aggregation: 'mean',
  summary,
  source: '/proc/stat',
});
const columns = () =>
  ask(clickHouse, {
    sql: "SELECT table, name, type, comment FROM system.columns WHERE database = 'dynoscope' ORDER BY table, position",
  });

test('a first run applies every file, a second one nothing', async () => {
  const first = await migrate(clickHouse);
  ok(first.applied.length >= 4, `applied ${first.applied.join(', ')}`);
  const before = await columns();
  deepEqual(await migrate(clickHouse), { applied: [], columnsAdded: [] });
  deepEqual(await columns(), before);
});

test('the shipped server types are there once, however often it is run', async () => {
  const sql =
    "SELECT count() AS rows, uniqExact(kind, year, type, name) AS different, anyIf(rcu, name = 'NHM') AS nhm FROM dynoscope.server_types";
  const [row] = await ask(clickHouse, { sql });
  ok(Number(row?.['rows']) > 10);
  equal(row?.['rows'], row?.['different']);
  equal(row?.['nhm'], 1);
});

test('every column has a comment', async () => {
  const views = await ask(clickHouse, {
    sql: "SELECT name FROM system.tables WHERE database = 'dynoscope' AND engine = 'View'",
  });
  const isView = new Set(views.map((row) => row['name']));
  const bare = (await columns()).filter((row) => row['comment'] === '' && !isView.has(row['table']));
  deepEqual(
    bare.map((row) => `${row['table']}.${row['name']}`),
    [],
  );
});

/** All words of a closed union: one that is added does not compile until it is here. */
const all = <T extends string>(words: Readonly<Record<T, true>>): readonly string[] => Object.keys(words);
const outcomes: Readonly<Record<RunOutcome, true>> = {
  found: true,
  aborted: true,
  inconclusive: true,
  frozen: true,
  stopped: true,
  dry_run: true,
};
const phases: Readonly<Record<Phase, true>> = {
  ...{ idle: true, baseline: true, ramp: true, hold: true, found: true, abort: true, drain: true },
  ...{ cooldown: true, frozen: true },
};
const actions: Readonly<Record<Action, true>> = {
  ...{ nothing: true, start: true, raise: true, lower: true, hold: true, found: true, abort: true, drain: true },
  ...{ revert: true, steady: true, dry_run: true, freeze: true, cool_down: true, idle: true },
};
const models: Readonly<Record<CapacityModel, true>> = { cpu: true, fewer_servers: true, latency: true };
const wordsOf: [column: string, words: readonly string[]][] = [
  ['loadtest_runs.outcome', all(outcomes)],
  // A rehearsal gives no estimate.
  ['capacity_estimates.outcome', [...all(outcomes).filter((word) => word !== 'dry_run'), naturalOutcome]],
  ['capacity_estimates.model', all(models)],
  ['loadtest_steps.phase', all(phases)],
  ['loadtest_steps.action', all(actions)],
  ['weight_commands.mode', weightModes],
];
test('a column of words says in its comment all that are written into it', async () => {
  const comments = new Map((await columns()).map((row) => [`${row['table']}.${row['name']}`, String(row['comment'])]));
  const missing = wordsOf.flatMap(([column, words]) => {
    const said = new Set(comments.get(column)?.match(/[a-z_]+/g));
    return words.filter((word) => !said.has(word)).map((word) => `${column}: ${word}`);
  });
  deepEqual(missing, []);
});

test('a counter that joins the catalogue becomes a column of both tables, with its comment, and a new wording is taken over', async () => {
  const grown = [...counters, counter('zz_new_ratio', "The new one's share.")];
  const result = await migrate(clickHouse, { catalogue: grown });
  deepEqual(result.columnsAdded, ['counters_1s.zz_new_ratio', 'host_windows.zz_new_ratio']);
  deepEqual((await migrate(clickHouse, { catalogue: grown })).columnsAdded, []);
  await migrate(clickHouse, { catalogue: [...counters, counter('zz_new_ratio', 'Said better.')] });
  const column = (await columns()).find((row) => row['table'] === 'host_windows' && row['name'] === 'zz_new_ratio');
  deepEqual(column, {
    table: 'host_windows',
    name: 'zz_new_ratio',
    type: 'Nullable(Float32)',
    comment: 'Said better. Unit: ratio',
  });
});

test('a migration that was edited after it had been applied is refused', async () => {
  await command(
    clickHouse,
    "INSERT INTO dynoscope.schema_migrations (version, name, checksum, applied_at) VALUES (1, 'x', 'other', now() + 100)",
  );
  await rejects(migrate(clickHouse), (error) => hasCode(error, 'DYNO_CLICKHOUSE_MIGRATION_EDITED'));
});

test('every table of a stream remembers tokens and drops expired rows as whole parts', async () => {
  const tables = await ask(clickHouse, {
    sql: "SELECT name, create_table_query AS q FROM system.tables WHERE database = 'dynoscope' AND engine LIKE '%MergeTree' AND name NOT IN ('schema_migrations', 'server_types', 'current_epochs')",
  });
  for (const table of tables)
    equal(/non_replicated_deduplication_window = \d{5}/.test(String(table['q'])), true, String(table['name']));
});
