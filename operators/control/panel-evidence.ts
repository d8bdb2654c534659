import { blockS, type LoadSums, noLoad, withBlock, withSecond } from '../capacity/dwell.ts';
import { unitBlockS } from '../capacity/unit-dependence.ts';
import type { OpenBlock, RunState, SecondSummary } from './controller-state.ts';
import { limits } from './limits.ts';
import type { HostSecond, RestSecond, TierEvent } from './tier-events.ts';

type SecondEvent = Extract<TierEvent, { readonly kind: 'second' }>;

/** Independent repetitions wanted of a small panel: its hosts are cut into every n-th ten seconds. */
const unitsWanted = 8;

/** How many units one host of the panel is. */
export const unitsOfHost = (hosts: number): number => Math.ceil(unitsWanted / hosts);

export const emptyUnits = (hosts: number): LoadSums[] =>
  Array.from({ length: hosts * unitsOfHost(hosts) }, () => noLoad);

/** Takes one complete second into the run: windows, sums of the open dwell, and what the rails look at. */
export function withSecondOfRun(run: RunState, event: SecondEvent): RunState {
  const { panel } = run.request;
  const rows = panel.map((host) => event.panel.find((row) => row.host === host && isOfSecond(row, event.timeMs)));
  const evidence = rows.map((row) => (row !== undefined && isEvidence(row, run) ? row : undefined));
  const summary = summaryOf(event, evidence);
  const window = [...run.window, summary].slice(-limits.baselineS);
  const overSlo = summary.p95Ms !== undefined && summary.p95Ms > run.request.slo.p95Ms;
  const next: RunState = {
    ...run,
    seconds: run.seconds + 1,
    servers: run.servers ?? evidence.find((row) => row !== undefined)?.logicalCpus,
    window,
    newestRowMs: run.newestRowMs.map((ms, host) => (rows[host] === undefined ? ms : event.timeMs)),
    newestEvidenceMs: run.newestEvidenceMs.map((ms, host) => (evidence[host] === undefined ? ms : event.timeMs)),
    hostSums: run.hostSums.map((sums, host) => addRow(sums, evidence[host])),
    open: withDwellSecond(run, event.timeMs, evidence),
    secondsOverSlo: overSlo ? run.secondsOverSlo + 1 : 0,
    otherBuild: run.otherBuild ?? rows.find((row) => row !== undefined && row.build !== run.request.build)?.build,
  };
  return withContention(next);
}

/** Ten-second contention of the panel over the frozen baseline; undefined before there is one, or without ten seconds. */
export function contentionMsOf(run: RunState): number | undefined {
  if (run.baseline === undefined || run.window.length < limits.windowS) return undefined;
  const { hits, durationMs } = panelSums(run.window.slice(-limits.windowS));
  return hits === 0 ? undefined : durationMs / hits - run.baseline.durationMs;
}

export function panelSums(window: readonly SecondSummary[]) {
  let hits = 0;
  let durationMs = 0;
  let errors = 0;
  for (const second of window) {
    hits += second.panelHits;
    durationMs += second.panelDurationMs;
    errors += second.panelErrors;
  }
  return { hits, durationMs, errors };
}

/** Seconds over which traffic is averaged before weights follow from it. */
const trafficS = 20;

/** Hits/s of the pool, of its panel and of a host of it, and how many others there are; undefined before any traffic. */
export function trafficOf(run: RunState) {
  const recent = run.window.slice(-trafficS).filter(({ panelHosts }) => panelHosts > 0);
  if (recent.length === 0) return undefined;
  let perPanelHost = 0;
  let rest = 0;
  for (const second of recent) {
    perPanelHost += second.panelHits / second.panelHosts / recent.length;
    rest += second.restHits / recent.length;
  }
  const panel = perPanelHost * run.request.panel.length;
  return { poolHitsPerS: panel + rest, panelHitsPerS: panel, perPanelHost, restHosts: recent.at(-1)!.poolHosts };
}

/** A row of another second came late or has a wrong clock. The first of several rows of one second counts. */
const isOfSecond = (row: HostSecond, timeMs: number): boolean => Math.abs(row.timeMs - timeMs) < limits.clockSkewMs;

/** Figures that can be those of a host; hits without a duration say nothing of waits. */
export function isPlausible({ hitsPerS, durationMs, busyRatio, errorsPerS }: HostSecond): boolean {
  if (hitsPerS > 0 && durationMs === undefined) return false;
  return [hitsPerS, durationMs ?? 0, busyRatio, errorsPerS].every((value) => Number.isFinite(value) && value >= 0);
}

function isEvidence(row: HostSecond, { request }: RunState): boolean {
  const { generation, build } = request;
  const rightKind = row.generation === generation && row.build === build;
  return isPlausible(row) && rightKind && row.uptimeS >= Math.min(limits.uptimeMinS, request.bakeS);
}

const addRow = (sums: LoadSums, row: HostSecond | undefined): LoadSums =>
  row === undefined ? sums : withSecond(sums, row);

function withDwellSecond(run: RunState, timeMs: number, rows: readonly (HostSecond | undefined)[]): RunState['open'] {
  const { open } = run;
  if (timeMs <= open.fromMs) return open;
  const each = unitsOfHost(rows.length);
  const turn = Math.floor(open.seconds / unitBlockS) % each;
  const blocks = open.blocks.map((block, host) => (rows[host] === undefined ? block : withHits(block, rows[host])));
  const isWhole = (open.seconds + 1) % blockS === 0;
  const units = open.units.map((sums, unit) => {
    if (unit % each !== turn) return sums;
    const host = Math.floor(unit / each);
    const { seconds, hits } = blocks[host]!;
    const added = addRow(sums, rows[host]);
    return isWhole && seconds === blockS ? withBlock(added, hits) : added;
  });
  return { ...open, units, blocks: isWhole ? emptyBlocks(rows.length) : blocks, seconds: open.seconds + 1 };
}

const withHits = ({ seconds, hits }: OpenBlock, { hitsPerS }: HostSecond): OpenBlock => ({
  seconds: seconds + 1,
  hits: hits + hitsPerS,
});

export const emptyBlocks = (hosts: number): OpenBlock[] =>
  Array.from({ length: hosts }, () => ({ seconds: 0, hits: 0 }));

function summaryOf({ timeMs, rest }: SecondEvent, rows: readonly (HostSecond | undefined)[]): SecondSummary {
  const known = rows.filter((row) => row !== undefined);
  const p95s = known.flatMap(({ p95Ms }) => p95Ms ?? []).sort((a, b) => a - b);
  return {
    timeMs,
    panelHosts: known.length,
    panelHits: known.reduce((sum, { hitsPerS }) => sum + hitsPerS, 0),
    panelDurationMs: known.reduce((sum, { hitsPerS, durationMs }) => sum + hitsPerS * (durationMs ?? 0), 0),
    panelErrors: known.reduce((sum, { errorsPerS }) => sum + errorsPerS, 0),
    p95Ms: p95s[Math.floor((p95s.length - 1) / 2)],
    ...restOf(rest),
  };
}

const restOf = (rest: RestSecond) => ({
  restHosts: rest.hosts,
  poolHosts: rest.poolHosts,
  healthyHosts: rest.healthyHosts,
  staleHosts: rest.staleHosts,
  restHits: rest.hitsPerS,
  restDurationMs: rest.durationMs,
  restBusyRatio: rest.busyRatio,
});

function withContention(run: RunState): RunState {
  const contentionMs = contentionMsOf(run);
  if (contentionMs === undefined) return run;
  return {
    ...run,
    maxContentionMs: Math.max(run.maxContentionMs, contentionMs),
    secondsOver100: run.secondsOver100 + (contentionMs > 100 ? 1 : 0),
    secondsOver150: run.secondsOver150 + (contentionMs > 150 ? 1 : 0),
  };
}
