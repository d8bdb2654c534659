import type { UnavailableReason } from './counter.ts';
import type { Placement } from './topology.ts';

/** What a host is, and why counters have no value on it. Published at the agent's start and when it changes. */
export interface SystemInfo {
  readonly host: string;
  readonly timeMs: number;
  /** True for hosts of the fleet simulator: screens say so. */
  readonly simulated: boolean;
  readonly agentVersion: string;
  readonly intervalMs: number;
  readonly bootTimeMs: number;
  /** Name and version of the distribution: `Debian GNU/Linux 12 (bookworm)`. */
  readonly os: string;
  readonly kernel: string;
  /** Machine architecture as the kernel names it: `x86_64`. */
  readonly architecture: string;
  /** `none` on bare metal, `unknown` when it cannot be told, else the hypervisor or container kind. */
  readonly virtualization: string;
  readonly cpuModel: string;
  /** Short name of the server generation (`NHM`), '' when the CPU model is not in the table. */
  readonly generation: string;
  readonly sockets: number;
  readonly physicalCores: number;
  readonly logicalCpus: number;
  readonly numaNodes: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly disks: readonly DiskDevice[];
  readonly nics: readonly NetworkDevice[];
  /** By counter name. A counter that is not here is delivered. */
  readonly unavailable: ReadonlyMap<string, UnavailableReason>;
}

export interface DiskDevice {
  readonly name: string;
  readonly model: string;
  readonly sizeBytes: number;
  readonly rotational: boolean;
}

export interface NetworkDevice {
  readonly name: string;
  readonly driver: string;
  /** undefined when the kernel does not tell, as for virtual interfaces. */
  readonly speedMbitPerS: number | undefined;
}

/** Most placements kept of one host: the newest ones. */
export const placementsMax = 8;

/** One host's last placements, oldest first; the whole of it is written anew with each change. */
export interface HostPlacements {
  readonly host: string;
  readonly placements: readonly Placement[];
}

export interface ServiceInfo {
  readonly service: string;
  readonly product: string;
  readonly topTier: string;
  readonly webRelated: boolean;
  /** The service that others are compared with (the 120 % rule). */
  readonly reference: boolean;
  readonly owners: readonly string[];
}

/** What one task of a stage says of itself, every few seconds. */
export interface StageStats {
  readonly stage: string;
  readonly epoch: number;
  /** Partition of a co-partitioned task, `topic-partition` of a single one. */
  readonly task: string;
  /** Host and process id of the worker that runs it. */
  readonly worker: string;
  readonly timeMs: number;
  readonly state: 'running' | 'rebuilding' | 'paused' | 'stopped';
  /** Why it is paused or stopped, a sentence; '' while it runs. */
  readonly reason: string;
  readonly stats: ReadonlyMap<string, number>;
}
