import { useEffect, useRef, useState } from 'preact/hooks';
import type { TierRow, TierSeries } from '../../api-types.ts';
import { getJson } from './api.ts';

const keptSeconds = 300;
const numbers = ['hosts', 'cpu_p5', 'cpu_p25', 'cpu_p50', 'cpu_p75', 'cpu_p95', 'hits_per_s', 'latency_ms'] as const;

/** The last 5 minutes of a tier: fetched once, then prolonged by what the live stream brings. */
export function useTierSeries(tier: string, row: TierRow | undefined): { series?: TierSeries; error?: string } {
  const [series, setSeries] = useState<TierSeries>();
  const [error, setError] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  const newestRow = useRef(row);
  newestRow.current = row;
  useEffect(() => {
    const stop = new AbortController();
    getJson<TierSeries>(`/api/tiers/${encodeURIComponent(tier)}/series`, stop.signal)
      .then((fetched) => {
        setSeries(fetched);
        setError(undefined);
      })
      .catch((failure: unknown) => {
        if (!stop.signal.aborted) setError(failure instanceof Error ? failure.message : String(failure));
      });
    return () => stop.abort();
  }, [tier, attempt]);
  useEffect(() => {
    if (series === undefined || row === undefined || series.tier !== row.tier) return;
    const missedMs = row.time_ms - (series.time_ms.at(-1) ?? row.time_ms);
    // The stream brings the newest second only: what lies between is a gap only if the server says so.
    if (missedMs > 1_000) setAttempt(attempt + 1);
    else if (missedMs > 0) setSeries(prolonged(series, row));
  }, [row?.time_ms, series?.tier]);
  return { ...(series !== undefined && { series }), ...(error !== undefined && { error }) };
}

/** Adds the second of `row`, which is the next one. */
function prolonged(series: TierSeries, row: TierRow): TierSeries {
  const newest: Record<(typeof numbers)[number], number | null> = {
    hosts: row.hosts,
    cpu_p5: row.cpu?.p5 ?? null,
    cpu_p25: row.cpu?.p25 ?? null,
    cpu_p50: row.cpu?.p50 ?? null,
    cpu_p75: row.cpu?.p75 ?? null,
    cpu_p95: row.cpu?.p95 ?? null,
    hits_per_s: row.hits_per_s,
    latency_ms: row.latency_ms,
  };
  const added = Object.fromEntries(
    numbers.map((name) => [name, [...series[name], newest[name]].slice(-keptSeconds)]),
  ) as Record<(typeof numbers)[number], (number | null)[]>;
  return { ...series, ...added, time_ms: [...series.time_ms, row.time_ms].slice(-keptSeconds) };
}
