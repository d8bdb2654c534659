import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { projectFile } from '../../base/project-file.ts';
import { agentSeconds } from './agent-seconds.ts';
import { rounded } from './alternate.ts';
import type { Bench, BenchResult } from './bench.ts';
import { coresBetween, costOf } from './process-cost.ts';
import { quantile } from './quantile.ts';
import { startCluster } from './world/cluster.ts';

const settleMs = 20_000;
const measureMs = 120_000;
const corePercentMax = 1;
const rssMbMax = 90;
const lateMsMax = 50;

/** The agent of this machine at 1 Hz with every collector, publishing to a real Kafka. */
export const bench: Bench = {
  name: 'agent-cost',
  summary: 'CPU, memory and punctuality of one agent at 1 Hz that publishes to Kafka',
  run: async ({ scale, say }) => {
    const cluster = await startCluster({ partitions: 24, hosts: 1, say });
    const cwd = mkdtempSync(join(tmpdir(), 'dynoscope-bench-'));
    const agent = spawn(process.execPath, [projectFile('dist/cli/dynoscope.js'), 'agent'], {
      cwd,
      env: { ...process.env, ...cluster.env, DYNO_LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      await wait(settleMs);
      const fromMs = Date.now();
      const before = costOf(agent.pid!);
      await wait(measureMs * scale);
      const after = costOf(agent.pid!);
      const schemaId = cluster.schemaIds.get('dyno.counters.v1')!;
      const seconds = await agentSeconds({ log: cluster.log, schemaId, fromMs, toMs: Date.now() });
      const { endOffsets } = await cluster.log.topicState('dyno.counters.v1');
      const records = endOffsets.reduce((sum, end) => sum + end, 0);
      const line = (value: number, unit: string, most: number): BenchResult => ({
        bench: 'agent-cost',
        value: rounded(value),
        unit,
        baseline: undefined,
        ratio: undefined,
        cpu_s: rounded(after.cpuS - before.cpuS),
        wall_s: rounded((after.atMs - before.atMs) / 1_000),
        required: `<= ${most}`,
        holds: value <= most,
        facts: {
          records_published: records,
          seconds_measured: seconds.lateMs.length,
          seconds_missed: seconds.missed,
          seconds_absent: seconds.absent,
        },
      });
      return [
        line(100 * coresBetween(before, after), '% of a core', corePercentMax),
        line(after.rssMaxMb, 'MB RSS at most', rssMbMax),
        line(quantile(seconds.lateMs, 0.99), 'ms late, p99', lateMsMax),
      ];
    } finally {
      agent.kill('SIGTERM');
      await once(agent, 'exit');
      rmSync(cwd, { recursive: true, force: true });
      await cluster.close();
    }
  },
};
