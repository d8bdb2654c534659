import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { samples } from '../../schemas/testing/samples.ts';
import type { WeightApplied, WeightCommand } from '../../schemas/weight-records.ts';
import { serverWeights, stateHashOf } from '../../schemas/weight-state.ts';
import { ask } from '../../sinks/clickhouse/ask.ts';
import { newRows } from '../../sinks/clickhouse/new-rows.ts';
import { performInsert } from '../../sinks/clickhouse/perform-insert.ts';
import type { LoggedValue, RowKind } from '../../sinks/clickhouse/rows/row-kind.ts';
import { weightApplied, weightCommands } from '../../sinks/clickhouse/rows/weights.ts';
import { ownEngine } from './own-engine.ts';
import { savedAnswer } from './saved-answer.ts';

/** The audit of weights in the real engine: which changes are seen, and which of them have no explanation. */
const engine = ownEngine(['weight_commands', 'weight_applied']);

type NamedWeights = Readonly<Record<string, number>>;
const safe = { s1: 100, s2: 100 };
const moved = { s1: 130, s2: 70 };
const listOf = (weights: NamedWeights) => serverWeights(new Map(Object.entries(weights)));

/** A minute ago; what happens is given in seconds after it. */
const baseMs = Math.floor(Date.now() / 1_000) * 1_000 - 60_000;
let offset = 0;

async function insert<T>(kind: RowKind<LoggedValue<T | undefined>>, value: T, atS: number): Promise<void> {
  const rows = newRows('TabSeparated', kind.columns);
  offset += 1;
  kind.append(rows, { value, key: '', offset, appendTimeMs: baseMs + atS * 1_000 }, { src: 't-0', epoch: 1 });
  await performInsert(engine(), {
    table: kind.table,
    token: `${offset}`,
    columns: kind.columns.names,
    format: 'TabSeparated',
    rows: rows.toBuffer(),
    rowCount: 1,
  });
}

/** Command `cN` to move at that second. */
function commanded(atS: number, seq: number, over: Partial<WeightCommand> = {}): Promise<void> {
  const weights = listOf(moved).map((each) => ({ ...each, previous: undefined }));
  const said = { ...samples['loadbalancer.control.v1'], commandId: `c${seq}`, seq, weights, dryRun: false, ...over };
  return insert(weightCommands, said, atS);
}

interface Told extends Partial<WeightApplied> {
  /** When it was done, s; default: when the log took it. */
  readonly doneS?: number;
}

function told(atS: number, status: string, readback: NamedWeights, { doneS = atS, ...over }: Told = {}): Promise<void> {
  return insert(
    weightApplied,
    {
      ...samples['loadbalancer.applied.v1'],
      at: baseMs + doneS * 1_000,
      status,
      commandId: undefined,
      after: listOf(readback),
      readback: listOf(readback),
      stateHash: stateHashOf(new Map(Object.entries(readback))),
      ...over,
    },
    atS,
  );
}

const about = (seq: number): Partial<WeightApplied> => ({ commandId: `c${seq}`, seq });

async function changes(): Promise<string[]> {
  const rows = await ask(engine(), {
    sql: 'SELECT status, weights_before AS b, weights AS w FROM dynoscope.v_weight_changes ORDER BY time, at',
  });
  return rows.map(({ status, b, w }) => `${status} ${JSON.stringify(b)} ${JSON.stringify(w)}`);
}

async function untraced(): Promise<unknown[]> {
  const rows = await savedAnswer<{ readonly status: string }>(engine(), 'weight-changes-untraced');
  return rows.map(({ status }) => status);
}

test('an accepted command and the revert of its expiry are two changes, both traced; a repeated report is none', async () => {
  await told(0, 'observed', safe);
  await commanded(1, 1);
  await told(1.1, 'applied', moved, about(1));
  await told(5, 'observed', moved);
  await told(11.2, 'reverted_expired', safe, about(1));
  await told(12, 'applied', moved, { ...about(1), doneS: 1.1 });
  await told(12.1, 'reverted_expired', safe, { ...about(1), doneS: 11.2 });
  deepEqual(await changes(), [
    'applied {"s1":100,"s2":100} {"s1":130,"s2":70}',
    'reverted_expired {"s1":130,"s2":70} {"s1":100,"s2":100}',
  ]);
  deepEqual(await untraced(), []);
});

test('a report that came late is judged by the clock of the adapter', async () => {
  await told(0, 'observed', safe);
  await commanded(1, 1);
  await told(40, 'applied', moved, { ...about(1), doneS: 1.2 });
  deepEqual(await untraced(), []);
});

test('a half-written command traces to it, and the way back is a revert', async () => {
  await told(0, 'observed', safe);
  await commanded(1, 1);
  await told(1.1, 'readback_mismatch', { s1: 130, s2: 100 }, { ...about(1), after: listOf(moved) });
  await told(1.2, 'reverted_mismatch', safe, about(1));
  deepEqual(await untraced(), []);
});

const cases: readonly (readonly [says: string, work: () => Promise<void>, status: string])[] = [
  ['a reload or a hand', () => told(2, 'observed', moved), 'observed'],
  ['a command that nobody sent', () => told(2, 'applied', moved, about(7)), 'applied'],
  [
    'a command that had expired',
    async () => {
      await commanded(1, 1);
      await told(14, 'applied', moved, about(1));
    },
    'applied',
  ],
  [
    'a dry run that was written',
    async () => {
      await commanded(1, 1, { dryRun: true });
      await told(1.1, 'applied', moved, about(1));
    },
    'applied',
  ],
  [
    'other weights than the command has',
    async () => {
      await commanded(1, 1);
      await told(1.1, 'applied', { s1: 120, s2: 80 }, about(1));
    },
    'applied',
  ],
  [
    'a command of another epoch',
    async () => {
      await commanded(1, 1, { epoch: 3 });
      await told(1.1, 'applied', moved, about(1));
    },
    'applied',
  ],
  ['a revert to what is not safe', () => told(2, 'reverted_killed', moved, { after: listOf(safe) }), 'reverted_killed'],
];
for (const [says, work, status] of cases)
  test(`untraced: ${says}`, async () => {
    await told(0, 'observed', safe);
    await work();
    deepEqual(await untraced(), [status]);
  });
