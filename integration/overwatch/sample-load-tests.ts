import type { CapacityRecord, LoadTestRun, LoadTestStep } from '../../schemas/load-test-records.ts';
import { samples } from '../../schemas/testing/samples.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { capacityEstimates, loadTestRuns, loadTestSteps } from '../../sinks/clickhouse/rows/load-tests.ts';
import { insertHostWindows } from '../clickhouse/insert-host-windows.ts';
import { insertRecords } from '../clickhouse/insert-records.ts';

export const testedTier = 'lbpool-slb.www';

const capacity = samples['instantdyno.capacity.v1'];
export const capacityBuild = capacity.build;
const { ended, ...step } = samples['instantdyno.loadtests.v1'];
const minuteMs = 60_000;

/** As the stage writes them: a test under way for ten minutes, four that ended, and what two of those found. */
export async function insertLoadTests(clickHouse: ClickHouse, nowMs: number): Promise<void> {
  await insertRecords(clickHouse, loadTestSteps, [...Array.from({ length: 600 }, (_, at) => stepOf(at, nowMs))]);
  await insertRecords(clickHouse, loadTestRuns, endedTests(nowMs));
  await insertRecords(clickHouse, capacityEstimates, results(nowMs));
  const host = { tier: testedTier, requestsPerS: 24 };
  await insertHostWindows(clickHouse, Math.floor(nowMs / 10_000) * 10, [
    { ...host, host: 'www1' },
    { ...host, host: 'www2', requestsPerS: 36 },
    { ...host, host: 'www3', requestsPerS: 12 },
    { ...host, host: 'www4', generation: 'SNB', build: 'b-1043', requestsPerS: 58 },
    { ...host, host: 'www5', generation: 'WSM' },
    { ...host, host: 'other1', tier: 'zippydb' },
  ]);
}

/** Second `at` of the test; from 200 on the controller is silent for 30 s. */
function stepOf(at: number, nowMs: number): LoadTestStep {
  const factor = 1 + 0.08 * Math.floor(at / 50);
  const hitsPerS = 33.6 * factor;
  const contentionMs = at < 20 ? undefined : 9 / (1 - hitsPerS / 73.1) - 9 + 3 * Math.sin(at / 5);
  const isNewest = at === 599;
  return {
    ...step,
    tier: testedTier,
    timeMs: nowMs - (599 - at) * 1_000 - (at < 200 ? 30_000 : 0),
    runId: 'www-WSM-5',
    phase: at < 60 ? 'baseline' : 'ramp',
    action: isNewest ? 'hold' : 'nothing',
    rail: isNewest ? 'donor_headroom' : undefined,
    reason: isNewest ? 'a donor would have 21 ms of contention if the panel died now' : 'the load settles',
    contentionMs,
    factor,
    hitsPerS: hitsPerS + Math.sin(at / 7) / 3,
    targetHitsPerS: hitsPerS,
    ...(at < 300 ? { lambda100: undefined, lo: undefined, hi: undefined } : { lambda100: 67.2, lo: 62.9, hi: 71.8 }),
    commandSeq: at,
    ended: undefined,
  };
}

function endedTests(nowMs: number): readonly LoadTestStep[] {
  const none = { lambda100: undefined, lo: undefined, hi: undefined };
  const tests: readonly (Partial<LoadTestRun> & { readonly minutesAgo: number; readonly rail?: string })[] = [
    { minutesAgo: 300, runId: 'www-NHM-1' },
    { minutesAgo: 240, runId: 'www-SNB-2', generation: 'SNB', lambda100: 116.2, lo: 113.9, hi: 118.5, seconds: 455 },
    {
      minutesAgo: 180,
      runId: 'www-WSM-3',
      generation: 'WSM',
      outcome: 'aborted',
      rail: 'contention',
      reason: 'the mean contention of ten seconds was 262 ms',
      seconds: 133,
      maxContentionMs: 262,
      secondsOver100: 14,
      secondsOver150: 6,
      ...none,
    },
    {
      minutesAgo: 60,
      runId: 'www-WSM-4',
      generation: 'WSM',
      outcome: 'stopped',
      rail: 'stopped',
      reason: 'capacity on-call asked for it',
      seconds: 75,
      maxContentionMs: 12.4,
      ...none,
    },
  ];
  return tests.map(({ minutesAgo, rail, ...over }) => {
    const timeMs = nowMs - minutesAgo * minuteMs;
    return { ...step, tier: testedTier, timeMs, rail, ended: { ...ended!, startedMs: timeMs - 412_000, ...over } };
  });
}

const results = (nowMs: number): readonly CapacityRecord[] => [
  {
    ...capacity,
    tier: testedTier,
    timeMs: nowMs - 9_000 * minuteMs,
    runId: 'www-NHM-0',
    build: 'rel-840',
    lambda100: 46.5,
    lo: 45.6,
    hi: 47.4,
  },
  {
    ...capacity,
    tier: testedTier,
    timeMs: nowMs - 300 * minuteMs,
    runId: 'www-NHM-1',
    lambda100: 48,
    lo: 47.1,
    hi: 48.9,
  },
  {
    ...capacity,
    tier: testedTier,
    timeMs: nowMs - 240 * minuteMs,
    runId: 'www-SNB-2',
    generation: 'SNB',
    lambda100: 116.16,
    lo: 113.9,
    hi: 118.5,
    extrapolated: true,
  },
  { ...capacity, tier: 'multifeed.leaf4.prod', timeMs: nowMs - 90 * minuteMs, runId: 'feed-WSM-1', generation: 'WSM' },
];
