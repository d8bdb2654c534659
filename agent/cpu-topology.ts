import { numberIn, type SourceTree } from './source-tree.ts';

/** What /proc/cpuinfo says of the processors; undefined for what it leaves out. */
export interface CpuTopology {
  readonly modelName: string;
  readonly logicalCpus: number;
  readonly physicalCores: number | undefined;
  readonly sockets: number | undefined;
  /** Words of the flags line of the first CPU. */
  readonly flags: ReadonlySet<string>;
  /** As printed for the first CPU: the running frequency where the hardware tells, else the nominal one. */
  readonly firstCpuHz: number | undefined;
}

const hzPerMegahertz = 1_000_000;

export function parseCpuinfo(text: string): CpuTopology {
  const blocks = text
    .split(/\n\s*\n/)
    .map(fieldsOf)
    .filter((fields) => fields.has('processor'));
  const first = blocks[0];
  const sockets = new Set<string>();
  const cores = new Set<string>();
  for (const fields of blocks) {
    const socket = fields.get('physical id');
    const core = fields.get('core id');
    if (socket !== undefined) sockets.add(socket);
    if (socket !== undefined && core !== undefined) cores.add(`${socket}/${core}`);
  }
  const megahertz = Number(first?.get('cpu MHz') ?? Number.NaN);
  return {
    modelName: first?.get('model name') ?? '',
    logicalCpus: blocks.length,
    physicalCores: cores.size || undefined,
    sockets: sockets.size || undefined,
    flags: new Set((first?.get('flags') ?? '').split(' ').filter((flag) => flag !== '')),
    firstCpuHz: megahertz > 0 ? megahertz * hzPerMegahertz : undefined,
  };
}

function fieldsOf(block: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return fields;
}

/** Cores and sockets from /sys where cpuinfo has none (arm64). */
export function withSysTopology(tree: SourceTree, topology: CpuTopology): CpuTopology {
  if (topology.physicalCores !== undefined && topology.sockets !== undefined) return topology;
  const places = cpuIds(tree).map((id) => placeOf(tree, id));
  const known = places.filter((place) => place !== undefined);
  return {
    ...topology,
    sockets: new Set(known.map(({ socket }) => socket)).size || undefined,
    physicalCores: new Set(known.map(({ socket, core }) => `${socket}/${core}`)).size || undefined,
  };
}

const cpuFolder = 'sys/devices/system/cpu';

/** Ids of the CPUs that /sys lists, offline ones included. */
export const cpuIds = (tree: SourceTree): readonly number[] =>
  tree
    .list(cpuFolder)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => Number(name.slice('cpu'.length)));

/** Socket and core of a CPU; undefined while it is offline. */
export function placeOf(tree: SourceTree, cpu: number): { socket: number; core: number } | undefined {
  const socket = numberIn(tree, `${cpuFolder}/cpu${cpu}/topology/physical_package_id`);
  const core = numberIn(tree, `${cpuFolder}/cpu${cpu}/topology/core_id`);
  return typeof socket === 'number' && typeof core === 'number' ? { socket, core } : undefined;
}

/** Nominal frequency: the kernel's, else the one in the model name, else that of a CPU which cannot tell the running one. */
export function nominalHz(tree: SourceTree, topology: CpuTopology): number | undefined {
  const kilohertz = numberIn(tree, `${cpuFolder}/cpu0/cpufreq/base_frequency`);
  if (typeof kilohertz === 'number') return kilohertz * 1_000;
  const sold = /@\s*(\d+(?:\.\d+)?)\s*GHz/i.exec(topology.modelName)?.[1];
  if (sold !== undefined) return Math.round(Number(sold) * 1_000) * hzPerMegahertz;
  return topology.flags.has('aperfmperf') ? undefined : topology.firstCpuHz;
}
