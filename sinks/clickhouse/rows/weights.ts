import type { ServerWeight, WeightApplied, WeightCommand } from '../../../schemas/weight-records.ts';
import { columnsOf } from '../columns.ts';
import { type LoggedValue, type RowKind, recordColumns } from './row-kind.ts';

const weightMap = 'Map(LowCardinality(String), Float64)';

const entriesOf = (weights: readonly ServerWeight[]): [string, number][] =>
  weights.map(({ server, weight }) => [server, weight]);

/** A tombstone writes nothing: what was commanded stays true. */
export const weightCommands: RowKind<LoggedValue<WeightCommand | undefined>> = {
  table: 'weight_commands',
  columns: columnsOf({
    time: "DateTime64(3, 'UTC')",
    pool: 'LowCardinality(String)',
    tier: 'LowCardinality(String)',
    command_id: 'String',
    command_epoch: 'UInt64',
    seq: 'UInt64',
    issued_at: "DateTime64(3, 'UTC')",
    ttl_ms: 'UInt32',
    mode: 'LowCardinality(String)',
    run_id: 'String',
    weights: weightMap,
    previous_weights: weightMap,
    safe_weights: weightMap,
    expect_state_hash: 'String',
    reason: 'String',
    lambda100: 'Nullable(Float64)',
    lambda100_lo: 'Nullable(Float64)',
    lambda100_hi: 'Nullable(Float64)',
    contention_ms: 'Nullable(Float64)',
    model: 'LowCardinality(String)',
    dry_run: 'Bool',
    ...recordColumns,
  }),
  append(rows, { value: said, offset, appendTimeMs }, { src, epoch }) {
    if (said === undefined) return;
    const { evidence } = said;
    const previous = said.weights.flatMap(({ server, previous: weight }) =>
      weight === undefined ? [] : [{ server, weight }],
    );
    rows.milliseconds(appendTimeMs).text(said.pool).text(said.tier).text(said.commandId);
    rows.integer(said.epoch).integer(said.seq).milliseconds(said.issuedAt).integer(said.ttlMs);
    rows.text(said.mode).text(said.runId ?? '');
    rows.map(entriesOf(said.weights)).map(entriesOf(previous)).map(entriesOf(said.safeWeights));
    rows.text(said.expectStateHash).text(said.reason);
    for (const figure of [evidence?.lambda100, evidence?.lo, evidence?.hi, evidence?.contentionMs])
      rows.float64(figure ?? Number.NaN);
    rows.text(evidence?.model ?? '').boolean(said.dryRun);
    rows.text(src).integer(epoch).integer(offset).endRow();
  },
};

export const weightApplied: RowKind<LoggedValue<WeightApplied | undefined>> = {
  table: 'weight_applied',
  columns: columnsOf({
    time: "DateTime64(3, 'UTC')",
    at: "DateTime64(3, 'UTC')",
    adapter: 'LowCardinality(String)',
    pool: 'LowCardinality(String)',
    tier: 'LowCardinality(String)',
    status: 'LowCardinality(String)',
    reason: 'String',
    command_id: 'String',
    run_id: 'String',
    command_epoch: 'UInt64',
    seq: 'UInt64',
    before: weightMap,
    after: weightMap,
    readback: weightMap,
    state_hash: 'String',
    latency_ms: 'Float64',
    ...recordColumns,
  }),
  append(rows, { value: said, offset, appendTimeMs }, { src, epoch }) {
    if (said === undefined) return;
    rows.milliseconds(appendTimeMs).milliseconds(said.at).text(said.adapter).text(said.pool).text(said.tier);
    rows
      .text(said.status)
      .text(said.reason)
      .text(said.commandId ?? '')
      .text(said.runId ?? '');
    rows.integer(said.epoch).integer(said.seq);
    rows.map(entriesOf(said.before)).map(entriesOf(said.after)).map(entriesOf(said.readback));
    rows.text(said.stateHash).float64(said.latencyMs).text(src).integer(epoch).integer(offset).endRow();
  },
};
