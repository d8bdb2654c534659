import type { HostSample } from '../agent/sample.ts';
import { DynoError } from '../base/errors.ts';
import { type Condition, healthy } from './host.ts';
import type { InventoryHost } from './inventory.ts';

/**
 * What can be wrong. Of the host: more load, a lower frequency, less memory, slower code. Of its telemetry: missing,
 * with a wrong clock, late, or twice.
 */
export const faultKinds = [
  'hot_cpu',
  'capped_frequency',
  'low_memory',
  'slow_build',
  'silent',
  'clock_skew',
  'late',
  'duplicate',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** One host, or the first `hosts` of a tier. */
  readonly target: { readonly host: string } | { readonly tier: string; readonly hosts: number };
  /** After the first second. */
  readonly fromMs: number;
  readonly forMs: number;
  /** Default: `faultSizes[kind].usual`. */
  readonly size?: number;
}

/** What `size` means and the Perf Doctor test that has to find it, where there is one. */
export const faultSizes: Readonly<
  Record<FaultKind, { readonly usual: number; readonly means: string; readonly test?: string }>
> = {
  hot_cpu: { usual: 2.5, means: 'factor on the load', test: 'high-cpu-util' },
  capped_frequency: { usual: 0.8, means: 'frequency relative to nominal', test: 'capped-servers' },
  low_memory: { usual: 0.96, means: 'share of memory in use', test: 'low-free-memory' },
  slow_build: { usual: 1.05, means: 'factor on the CPU time of a request' },
  silent: { usual: 1, means: 'nothing' },
  clock_skew: { usual: 3_600, means: 'seconds that the clock is ahead' },
  late: { usual: 25, means: 'seconds that samples arrive late' },
  duplicate: { usual: 1, means: 'extra copies of each sample' },
};

export interface FaultTruth {
  readonly kind: FaultKind;
  readonly test: string | undefined;
  readonly host: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly size: number;
}

interface Active extends FaultTruth {
  readonly hostIndex: number;
}

/** Late samples kept back; beyond it they are delivered early. */
const heldMax = 100_000;

/** Faults of one run: changes hosts' conditions and the way of their samples. */
export class FaultPlan {
  readonly #inventory: readonly InventoryHost[];
  readonly #faults: readonly Fault[];
  #byHost: ReadonlyMap<number, readonly Active[]> = new Map();
  #active: readonly Active[] = [];
  #started = false;
  #held: { readonly dueMs: number; readonly sample: HostSample }[] = [];

  constructor(inventory: readonly InventoryHost[], faults: readonly Fault[]) {
    this.#inventory = inventory;
    this.#faults = faults;
    for (const fault of faults) this.#targets(fault);
  }

  /** Fixes the times of all faults at the first second. */
  start(timeMs: number): void {
    if (this.#started) return;
    this.#started = true;
    this.#active = this.#faults.flatMap((fault) =>
      this.#targets(fault).map((index) => this.#activeOf(fault, index, timeMs)),
    );
    const hosts = new Set(this.#active.map(({ hostIndex }) => hostIndex));
    this.#byHost = new Map(
      [...hosts].map((host) => [host, this.#active.filter(({ hostIndex }) => hostIndex === host)]),
    );
  }

  truths(): readonly FaultTruth[] {
    return this.#active.map(({ hostIndex: _, ...truth }) => truth);
  }

  conditionOf(hostIndex: number, timeMs: number): Condition {
    const faults = this.#byHost.get(hostIndex);
    if (faults === undefined) return healthy;
    let condition = healthy;
    for (const fault of faults) if (holds(fault, timeMs)) condition = worsened(condition, fault);
    return condition;
  }

  /** What arrives of this second's samples, and what was held back before. */
  deliver(samples: HostSample[], timeMs: number): HostSample[] {
    if (this.#active.length === 0) return samples;
    const arriving = samples.flatMap((sample, index) => this.#deliverOne(sample, index, timeMs));
    const due = this.#held.filter((held, i) => held.dueMs <= timeMs || i >= heldMax);
    if (due.length === 0) return arriving;
    this.#held = this.#held.filter((held) => !due.includes(held));
    return [...due.map(({ sample }) => sample), ...arriving];
  }

  #deliverOne(sample: HostSample, index: number, timeMs: number): HostSample[] {
    let arriving = [sample];
    for (const fault of this.#byHost.get(index) ?? []) {
      if (!holds(fault, timeMs)) continue;
      if (fault.kind === 'silent') arriving = [];
      else if (fault.kind === 'clock_skew')
        arriving = arriving.map((one) => ({ ...one, timeMs: one.timeMs + Math.round(fault.size) * 1_000 }));
      else if (fault.kind === 'duplicate')
        arriving = arriving.flatMap((one) => Array.from({ length: 1 + Math.round(fault.size) }, () => one));
      else if (fault.kind === 'late') {
        for (const one of arriving) this.#held.push({ dueMs: timeMs + fault.size * 1_000, sample: one });
        arriving = [];
      }
    }
    return arriving;
  }

  #activeOf(fault: Fault, hostIndex: number, timeMs: number): Active {
    const startMs = timeMs + fault.fromMs;
    const { usual, test } = faultSizes[fault.kind];
    const host = this.#inventory[hostIndex]!.host;
    return {
      kind: fault.kind,
      test,
      host,
      hostIndex,
      startMs,
      endMs: startMs + fault.forMs,
      size: fault.size ?? usual,
    };
  }

  #targets({ target, kind }: Fault): number[] {
    const indices = this.#inventory.map((_, i) => i);
    const hit =
      'host' in target
        ? indices.filter((i) => this.#inventory[i]!.host === target.host)
        : indices.filter((i) => this.#inventory[i]!.spec.tier === target.tier).slice(0, target.hosts);
    if (hit.length > 0) return hit;
    const words = 'host' in target ? `host "${target.host}"` : `tier "${target.tier}"`;
    throw new DynoError(
      'DYNO_USAGE_SCENARIO',
      `the fault ${kind} is for ${words}, which the simulated fleet does not have; ` +
        `its hosts are named like ${this.#inventory[0]?.host ?? 'none'}; "simulate --topology FILE" writes all of them`,
      { details: { kind, target } },
    );
  }
}

/** A sample read at its second describes the time before it: (start, end]. */
const holds = (fault: Active, timeMs: number): boolean => timeMs > fault.startMs && timeMs <= fault.endMs;

function worsened(condition: Condition, { kind, size }: Active): Condition {
  if (kind === 'hot_cpu') return { ...condition, loadFactor: condition.loadFactor * size };
  if (kind === 'capped_frequency') return { ...condition, frequencyRatio: condition.frequencyRatio * size };
  if (kind === 'slow_build') return { ...condition, slowness: condition.slowness * size };
  if (kind === 'low_memory') return { ...condition, memoryPressure: Math.max(condition.memoryPressure, size) };
  return condition;
}
