import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePorts } from '../../infra/kafka-local/free-ports.ts';
import { controlLatency, controlRecordsOf } from '../closed-loop/control-latency.ts';
import { recordsOfTier } from '../closed-loop/log-view.ts';
import { Rig } from '../closed-loop/rig.ts';
import { until } from '../system/running.ts';
import { rounded } from './alternate.ts';
import type { Bench, BenchContext, BenchResult } from './bench.ts';
import { costOf } from './process-cost.ts';

const tier = 'web';
const hostsOfTier = 24;
/** A command is renewed every 2 s: about 100 of them. */
const measureMs = 200_000;
const p99SecondsMax = 2;

/** How old a complete second is when the command that was decided from it is in the log; then with a ClickHouse that is away. */
export const bench: Bench = {
  name: 'control-latency',
  summary: 'end of a second until the weight command decided from it is in the log, in a live load test behind HAProxy',
  run: async (call) => [await measured(call, 'not asked'), await measured(call, 'away')],
};

type ClickHouseIs = 'not asked' | 'away';

async function measured({ scale, say }: BenchContext, clickHouse: ClickHouseIs): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'dynoscope-bench-'));
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
  try {
    const atEnd = (step: () => unknown): void => void undo.push(step);
    const rig = await Rig.start({
      tiers: [tier],
      hostsOfTier,
      serviceMs: 424,
      loadShare: 0.55,
      seed: 1,
      folder,
      atEnd,
    });
    // The sink of every result topic, which nobody answers.
    if (clickHouse === 'away')
      rig.stage('clickhouse', { CLICKHOUSE_URL: `http://127.0.0.1:${(await freePorts())[0]}` });
    const controller = rig.stage('loadtests');
    await rig.startAdapters();
    await rig.request(tier);
    await until('the begin of the load test', 60_000, async () => {
      const commands = await recordsOfTier(rig.log, 'loadbalancer.control.v1', tier);
      return commands.length > 0 ? true : undefined;
    });
    say(
      `a load test of ${hostsOfTier} hosts has begun, ClickHouse is ${clickHouse}; measured for ${(measureMs * scale) / 1_000} s`,
    );
    const before = costOf(controller.pid);
    await wait(measureMs * scale);
    const after = costOf(controller.pid);
    const cost = { cpu_s: rounded(after.cpuS - before.cpuS), wall_s: rounded((after.atMs - before.atMs) / 1_000) };
    return resultOf(controlLatency(await controlRecordsOf(rig.log, tier)), cost, clickHouse);
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

function resultOf(
  { commands, p50S, p99S, maxS }: ReturnType<typeof controlLatency>,
  cost: Pick<BenchResult, 'cpu_s' | 'wall_s'>,
  clickHouse: ClickHouseIs,
): BenchResult {
  return {
    bench: 'control-latency',
    value: rounded(p99S),
    unit: 's, p99, end of a second to its command',
    baseline: undefined,
    ratio: undefined,
    ...cost,
    required: `<= ${p99SecondsMax}`,
    holds: p99S <= p99SecondsMax,
    facts: { clickhouse: clickHouse, hosts: hostsOfTier, commands, p50: rounded(p50S), max: rounded(maxS) },
  };
}
