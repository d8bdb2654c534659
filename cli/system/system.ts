import { hostname } from 'node:os';
import { join } from 'node:path';
import { startAgent } from '../../agent/agent.ts';
import { agentVersion } from '../../agent/agent-version.ts';
import type { Clock } from '../../base/clock.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { StatusReport } from '../../overwatch/status-report.ts';
import { publishStageStats } from '../../pipelines/runtime/publish-stage-stats.ts';
import { stageNames } from '../stage-names.ts';
import { startLiveOverwatch } from './live-overwatch.ts';
import { loadTestsFromFile } from './load-tests-file.ts';
import { openParts } from './parts.ts';
import { openPublisher } from './publishers.ts';
import { isSimulatedTier, simulatedLoadTests, startSimulatedBalancer } from './simulated-balancer.ts';
import { simulatedPlacements, startSimulatedFleet } from './simulated-fleet.ts';
import { runStages } from './stages.ts';
import { topologyFromFile } from './topology-file.ts';

export interface SystemOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  /** undefined = no simulated fleet. */
  readonly fleet: { readonly hosts: number; readonly seed: number } | undefined;
  /** Aborted while starting: what was started is stopped again, and the answer is undefined. */
  readonly signal: AbortSignal;
}

export interface RunningSystem {
  /** Where Overwatch is. */
  readonly url: string;
  readonly registryUrl: string;
  status(): StatusReport;
  /** Sources first, then stages in the order of the data, then what they stand on: nothing that was accepted is lost. */
  stop(): Promise<void>;
}

/** The whole system in this process: what `npm start` runs. What was started is stopped again when a later part fails. */
export async function startSystem(options: SystemOptions): Promise<RunningSystem | undefined> {
  const { settings, clock, fleet, signal } = options;
  const startedAtMs = clock.monotonicMs();
  const started: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopPart of started.splice(0).reverse()) await stopPart();
  };
  try {
    const parts = await openParts(settings, clock);
    started.push(() => parts.close());
    signal.throwIfAborted();
    if (settings.topologyFile !== undefined) await topologyFromFile(settings.topologyFile, parts, clock);
    const coming = fleet === undefined ? [] : simulatedPlacements(fleet.hosts);
    const { log, registry } = parts;
    const named = await loadTestsFromFile({ path: settings.loadTestsFile, log, registry, clock, coming });
    // Nothing real is steered unless somebody named it; the simulated fleet is there for that.
    const loadTests = named ?? (fleet === undefined ? undefined : simulatedLoadTests(coming));
    const runs = { raw: settings.raw.enabled, loadtests: loadTests !== undefined };
    const names = stageNames.filter((name) => !(name in runs) || runs[name as keyof typeof runs]);
    const stages = await runStages({ names, settings, parts, clock, loadTests });
    started.push(() => stages.stop());
    signal.throwIfAborted();
    const schemaId = parts.schemaIds.get('dyno.stage-stats.v1')!;
    const stats = await publishStageStats({ log: parts.log, clock, runs: stages.runs, schemaId });
    started.push(() => stats.stop());

    const publishers = new Map<string, () => ReturnType<Awaited<ReturnType<typeof openPublisher>>['stats']>>();
    const overwatch = await startLiveOverwatch({
      settings,
      parts,
      clickHouse: parts.clickHouse!,
      clock,
      runs: stages.runs,
      startedAtMs,
      loadTests,
      version: agentVersion(),
      publishers,
    });
    started.push(() => overwatch.close());
    signal.throwIfAborted();

    const own = await openPublisher({
      name: 'agent',
      spoolDir: join(settings.dataDir, 'spool'),
      settings,
      parts,
      clock,
    });
    publishers.set('agent', () => own.stats());
    const agent = await startAgent({ host: hostname(), publisher: own, intervalMs: settings.agent.intervalMs, clock });
    started.push(async () => {
      agent.stop();
      await own.close();
    });
    if (fleet !== undefined) {
      const tier = loadTests?.tiers.find(isSimulatedTier);
      const balancer = tier && (await startSimulatedBalancer({ tier, placements: coming, parts, clock }));
      if (balancer !== undefined) started.push(() => balancer.stop());
      const loadFactors = balancer === undefined ? {} : { loadFactors: balancer.loadFactors };
      const running = await startSimulatedFleet({ settings, parts, clock, ...fleet, ...loadFactors });
      publishers.set('fleet', () => running.stats());
      started.push(() => running.stop());
    }
    return { url: overwatch.url, registryUrl: parts.registryUrl, status: overwatch.status, stop };
  } catch (error) {
    await stop();
    if (signal.aborted) return undefined;
    throw error;
  }
}
