import type { CapacityRecord } from '../../../schemas/load-test-records.ts';
import { columnsOf } from '../columns.ts';
import { type LoggedValue, type RowKind, recordColumns } from './row-kind.ts';

const none = Number.NaN;

/** The law of a whole tier: a row of each natural capacity that carries one, none of others. */
export const tierScalability: RowKind<LoggedValue<CapacityRecord | undefined>> = {
  table: 'tier_scalability',
  columns: columnsOf({
    time: "DateTime64(3, 'UTC')",
    tier: 'LowCardinality(String)',
    hosts: 'UInt32',
    lambda: 'Float64',
    lambda_se: 'Float64',
    sigma: 'Float64',
    sigma_se: 'Float64',
    kappa: 'Float64',
    kappa_se: 'Float64',
    peak_concurrency: 'Nullable(Float64)',
    peak_concurrency_lo: 'Nullable(Float64)',
    peak_concurrency_hi: 'Nullable(Float64)',
    peak_throughput: 'Nullable(Float64)',
    peak_throughput_lo: 'Nullable(Float64)',
    peak_throughput_hi: 'Nullable(Float64)',
    limit_throughput: 'Nullable(Float64)',
    highest_concurrency: 'Float64',
    residual_sd: 'Float64',
    degrees_of_freedom: 'Float64',
    points: 'UInt32',
    retrograde: 'LowCardinality(String)',
    ...recordColumns,
  }),
  append(rows, { value, offset }, { src, epoch }) {
    const fit = value?.scalability;
    if (value === undefined || fit === undefined) return;
    rows.milliseconds(value.timeMs).text(value.tier).integer(fit.hosts);
    for (const figure of [fit.lambda, fit.lambdaSe, fit.sigma, fit.sigmaSe, fit.kappa, fit.kappaSe])
      rows.float64(figure);
    const peak = [fit.peakConcurrency, fit.peakConcurrencyLo, fit.peakConcurrencyHi];
    const throughput = [fit.peakThroughput, fit.peakThroughputLo, fit.peakThroughputHi, fit.limitThroughput];
    for (const figure of [...peak, ...throughput]) rows.float64(figure ?? none);
    rows.float64(fit.highestConcurrency).float64(fit.residualSd).float64(fit.degreesOfFreedom).integer(fit.points);
    rows.text(fit.retrograde).text(src).integer(epoch).integer(offset).endRow();
  },
};
