import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { whyNoKafka } from '../../infra/kafka-local/requirements.ts';
import type { LoadTestStep } from '../../schemas/load-test-records.ts';
import { whyNoHaproxy } from '../balancer/haproxy-process.ts';
import { unexplained } from './audit.ts';
import { controlLatency, controlRecordsOf } from './control-latency.ts';
import { recordsOfTier } from './log-view.ts';
import { panelHits } from './panel-hits.ts';
import { worstMean } from './poisson-load.ts';
import { Rig } from './rig.ts';

/**
 * `node dist/integration/closed-loop/main.js [--hosts 24] [--service-ms 335.141] [--seed 1] [--minutes 20]`: one live
 * load test in the closed loop, to its end; a JSON line with the truth, the estimate and what users met.
 */
const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '24' },
    // 19.2 hits/s of a VSS.
    'service-ms': { type: 'string', default: '335.141' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '20' },
  },
});
const tier = 'web';
const windowMs = 10_000;
const say = (words: string): void => void process.stderr.write(`${words}\n`);
const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

const reason = whyNoHaproxy() ?? whyNoKafka();
if (reason !== undefined) {
  say(reason);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'dynoscope-closed-loop-'));
const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
const undoAll = async (): Promise<void> => {
  for (const step of undo.splice(0).reverse()) await step();
};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void undoAll().finally(() => process.exit(1)));
try {
  const rig = await Rig.start({
    tiers: [tier],
    hostsOfTier: Number(values.hosts),
    serviceMs: Number(values['service-ms']),
    loadShare: 0.55,
    seed: Number(values.seed),
    folder,
    atEnd: (step) => undo.push(step),
  });
  rig.stage('loadtests');
  await rig.startAdapters();
  await rig.request(tier);
  process.stdout.write(`${JSON.stringify(await resultOf(rig))}\n`);
} finally {
  await undoAll();
}

/** Follows the decisions until the test is over, or time is: then the newest one. */
async function lastStep(rig: Rig): Promise<LoadTestStep | undefined> {
  const untilMs = performance.now() + 60_000 * Number(values.minutes);
  let told = '';
  let newest: LoadTestStep | undefined;
  while (performance.now() < untilMs) {
    await delay(5_000);
    const steps = await recordsOfTier(rig.log, 'instantdyno.loadtests.v1', tier);
    newest = steps.at(-1)?.value;
    const words = `${newest?.phase}: ${newest?.action}, ${newest?.reason}`;
    if (words !== told) say(`${rounded(performance.now() / 1_000, 0)} s ${words}${loadOf(newest)}`);
    told = words;
    const ended = steps.find(({ value }) => value.ended !== undefined);
    if (ended !== undefined) return ended.value;
  }
  return newest;
}

function loadOf(step: LoadTestStep | undefined): string {
  if (step?.hitsPerS === undefined) return '';
  const { hitsPerS, contentionMs, lambda100, lo, hi } = step;
  const estimate = `estimate ${lambda100?.toFixed(2)} [${lo?.toFixed(2)}, ${hi?.toFixed(2)}]`;
  return ` (${rounded(hitsPerS)} hits/s, contention ${contentionMs?.toFixed(0)} ms, ${estimate})`;
}

async function resultOf(rig: Rig): Promise<object> {
  const last = await lastStep(rig);
  const ended = last?.ended;
  const estimate = ended ?? last;
  const records = await controlRecordsOf(rig.log, tier);
  const commands = records.commands.map(({ value }) => value);
  const applied = await recordsOfTier(rig.log, 'loadbalancer.applied.v1', tier);
  const hits = panelHits(rig, tier, commands);
  const lateness = rig.fleet.events.filter(({ event }) => event === 'lateness').map(({ p99Ms }) => Number(p99Ms));
  const truth = rig.lambda100();
  return {
    truth_lambda100: rounded(truth),
    erlang_c_lambda100: rounded(rig.poissonLambda100),
    pool_hits_per_s: rounded(rig.poolHitsPerS),
    outcome: ended?.outcome ?? 'not over',
    reason: ended?.reason,
    lambda100: estimate?.lambda100,
    lo: estimate?.lo,
    hi: estimate?.hi,
    error: estimate?.lambda100 === undefined ? undefined : rounded(estimate.lambda100 / truth - 1, 4),
    interval_covers: estimate?.lo !== undefined && estimate.lo <= truth && truth <= estimate.hi!,
    seconds: ended?.seconds,
    steps: ended?.steps,
    controller_max_contention_ms: ended && rounded(ended.maxContentionMs, 0),
    users: {
      panel_hits: hits.tested.length,
      failed: rig.loads.get(tier)!.failed,
      normal_latency_ms: rounded(hits.normalMs, 0),
      worst_contention_ms: worst(hits.tested, (hit) => hit.latencyMs - hits.normalMs),
      worst_wait_ms: worst(hits.tested, (hit) => hit.waitMs),
    },
    control_latency_s: controlLatency(records),
    unexplained: unexplained(
      applied.map(({ value }) => value),
      commands,
    ),
    fleet_timer_late_p99_ms: Math.max(...lateness),
  };
}

function worst(hits: Parameters<typeof worstMean>[0], value: Parameters<typeof worstMean>[1]['value']) {
  const mean = worstMean(hits, { windowMs, value });
  return mean === undefined ? undefined : rounded(mean, 0);
}
