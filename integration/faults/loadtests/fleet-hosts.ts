import { FormulaTier } from '../../../cli/loadtest/testing/formula-tier.ts';
import type { StagedHosts, StagedRow } from '../../../cli/loadtest/testing/staged-tier.ts';
import { SimulatedTier } from '../../../simulate/loadtest/simulated-tier.ts';
import { worldOptionsOf } from '../../../simulate/loadtest/world-options.ts';

/** Hosts of a tier; server names are theirs. */
export type FleetHosts = StagedHosts;

/** One generation, the panel as exact queues: what a test measures is true to a host. */
export function queuedHosts(seed: number): FleetHosts {
  const options = worldOptionsOf({ generation: 'SNB', panelHosts: 2, naturalShare: 0.7, seed });
  const tier = new SimulatedTier(options);
  const hosts = Array.from({ length: options.tierHosts }, (_, i) => `h${i + 1}`);
  let queued: readonly string[] = hosts.slice(0, options.panelHosts);
  const same = { generation: options.generation, build: 'b1' };
  return {
    startMs: options.startMs,
    hosts,
    logicalCpusOf: () => options.logicalCpus,
    // Hosts that are simulated one by one: those on the panel, as soon as they are known.
    panel: (panel) => {
      if (panel.length === queued.length) queued = panel;
    },
    next: (weights) => {
      const { panel, rest } = tier.next(queued.map((host) => weights.get(host)!));
      const others = hosts.filter((host) => !queued.includes(host));
      const [hitsPerS, errorsPerS] = [rest.hitsPerS / rest.hosts, rest.errorsPerS / rest.hosts];
      const { durationMs, cpuBusyRatio } = rest;
      return [
        ...panel.map((row, at): StagedRow => ({ ...row, ...same, host: queued[at]! })),
        ...others.map((host) => ({ host, ...same, hitsPerS, durationMs, cpuBusyRatio, errorsPerS, p95Ms: undefined })),
      ];
    },
  };
}

/** Generations by a formula, which follow the weight of every server: what operators and steps between tests do is seen. */
export const formulaHosts = (seed: number, generations: Readonly<Record<string, number>>): FleetHosts =>
  new FormulaTier({ seed, startMs: Date.UTC(2026, 0, 5, 10), generations, hitsPerHost: 33 });
