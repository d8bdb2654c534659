import type { CapacityRecord, LoadTestStep } from '../../../schemas/load-test-records.ts';
import { columnsOf } from '../columns.ts';
import { type LoggedValue, type RowKind, recordColumns } from './row-kind.ts';

/** Figures of an estimate that may be missing: NULL. */
const estimateColumns = { lambda100: 'Nullable(Float64)', lo: 'Nullable(Float64)', hi: 'Nullable(Float64)' } as const;

/** Capacity of one host of a kind, by the test that it comes from. */
export const capacityEstimates: RowKind<LoggedValue<CapacityRecord | undefined>> = {
  table: 'capacity_estimates',
  columns: columnsOf({
    time: "DateTime64(3, 'UTC')",
    tier: 'LowCardinality(String)',
    generation: 'LowCardinality(String)',
    build: 'LowCardinality(String)',
    run_id: 'String',
    outcome: 'LowCardinality(String)',
    lambda100: 'Float64',
    lo: 'Float64',
    hi: 'Float64',
    relative_se: 'Float64',
    degrees_of_freedom: 'Float64',
    model: 'LowCardinality(String)',
    bottleneck: 'LowCardinality(String)',
    extrapolated: 'Bool',
    baseline_ms: 'Float64',
    kappa: 'Float64',
    saturation_hits_per_s: 'Float64',
    cpu_saturation_hits_per_s: 'Float64',
    cpu_saturation_relative_se: 'Nullable(Float64)',
    arrival_cv2: 'Nullable(Float64)',
    background_ratio: 'Float64',
    servers: 'UInt32',
    highest_contention_ms: 'Float64',
    highest_hits_per_s: 'Float64',
    units: 'UInt32',
    dwells: 'UInt32',
    hits: 'UInt64',
    host_seconds: 'UInt64',
    ...recordColumns,
  }),
  append(rows, { value: found, offset }, { src, epoch }) {
    if (found === undefined) return;
    rows.milliseconds(found.timeMs).text(found.tier).text(found.generation).text(found.build);
    rows.text(found.runId).text(found.outcome).float64(found.lambda100).float64(found.lo).float64(found.hi);
    rows.float64(found.relativeSe).float64(found.degreesOfFreedom).text(found.model).text(found.bottleneck);
    rows.boolean(found.extrapolated).float64(found.baselineMs).float64(found.kappa);
    rows.float64(found.saturationHitsPerS).float64(found.cpuSaturationHitsPerS);
    rows.float64(found.cpuSaturationRelativeSe ?? none).float64(found.arrivalCv2 ?? none);
    rows.float64(found.backgroundRatio);
    rows.integer(found.servers).float64(found.highestContentionMs).float64(found.highestHitsPerS);
    rows.integer(found.units).integer(found.dwells).integer(found.hits).integer(found.hostSeconds);
    rows.text(src).integer(epoch).integer(offset).endRow();
  },
};

/** Decisions of the controllers. What a record does not say is NULL, an empty text, or command 0: they count from 1. */
export const loadTestSteps: RowKind<LoggedValue<LoadTestStep | undefined>> = {
  table: 'loadtest_steps',
  columns: columnsOf({
    time: "DateTime64(3, 'UTC')",
    tier: 'LowCardinality(String)',
    lease_epoch: 'UInt64',
    phase: 'LowCardinality(String)',
    action: 'LowCardinality(String)',
    reason: 'String',
    rail: 'LowCardinality(String)',
    run_id: 'String',
    contention_ms: 'Nullable(Float64)',
    target_hits_per_s: 'Nullable(Float64)',
    hits_per_s: 'Nullable(Float64)',
    factor: 'Nullable(Float64)',
    ...estimateColumns,
    command_seq: 'UInt64',
    ...recordColumns,
  }),
  append(rows, { value: step, offset }, { src, epoch }) {
    if (step === undefined) return;
    rows.milliseconds(step.timeMs).text(step.tier).integer(step.epoch).text(step.phase).text(step.action);
    rows
      .text(step.reason)
      .text(step.rail ?? '')
      .text(step.runId ?? '');
    rows
      .float64(step.contentionMs ?? none)
      .float64(step.targetHitsPerS ?? none)
      .float64(step.hitsPerS ?? none);
    rows
      .float64(step.factor ?? none)
      .float64(step.lambda100 ?? none)
      .float64(step.lo ?? none)
      .float64(step.hi ?? none);
    rows
      .integer(step.commandSeq ?? 0)
      .text(src)
      .integer(epoch)
      .integer(offset)
      .endRow();
  },
};

/** Tests that ended: a row of the decision that ended each, none of other decisions. */
export const loadTestRuns: RowKind<LoggedValue<LoadTestStep | undefined>> = {
  table: 'loadtest_runs',
  columns: columnsOf({
    time: "DateTime64(3, 'UTC')",
    started: "DateTime64(3, 'UTC')",
    run_id: 'String',
    tier: 'LowCardinality(String)',
    generation: 'LowCardinality(String)',
    build: 'LowCardinality(String)',
    pool: 'LowCardinality(String)',
    panel_hosts: 'UInt32',
    outcome: 'LowCardinality(String)',
    rail: 'LowCardinality(String)',
    reason: 'String',
    seconds: 'UInt32',
    steps: 'UInt32',
    max_contention_ms: 'Float64',
    seconds_over_100: 'UInt32',
    seconds_over_150: 'UInt32',
    ...estimateColumns,
    ...recordColumns,
  }),
  append(rows, { value: step, offset }, { src, epoch }) {
    const run = step?.ended;
    if (step === undefined || run === undefined) return;
    rows.milliseconds(step.timeMs).milliseconds(run.startedMs).text(run.runId).text(step.tier);
    rows.text(run.generation).text(run.build).text(run.pool).integer(run.panelHosts).text(run.outcome);
    rows
      .text(step.rail ?? '')
      .text(run.reason)
      .integer(run.seconds)
      .integer(run.steps);
    rows.float64(run.maxContentionMs).integer(run.secondsOver100).integer(run.secondsOver150);
    rows
      .float64(run.lambda100 ?? none)
      .float64(run.lo ?? none)
      .float64(run.hi ?? none);
    rows.text(src).integer(epoch).integer(offset).endRow();
  },
};

const none = Number.NaN;
