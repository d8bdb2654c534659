import type { DiskDevice, NetworkDevice, SystemInfo } from '../../schemas/records.ts';
import { mediumOf, sizeBytes } from '../block-devices.ts';
import { numbersByName } from '../byte-cursor.ts';
import { idsInList } from '../collectors/sys-numa-nodes.ts';
import { type CpuTopology, parseCpuinfo, withSysTopology } from '../cpu-topology.ts';
import { startedAtS } from '../host-start.ts';
import { lineRateBytesPerS, physicalInterfaces } from '../network-interfaces.ts';
import type { Availability } from '../sample.ts';
import { isBytes, type SourceTree } from '../source-tree.ts';
import { generationOf } from './generation.ts';
import { virtualizationOf } from './virtualization.ts';

export interface SystemInfoOptions {
  readonly tree: SourceTree;
  readonly host: string;
  readonly timeMs: number;
  readonly intervalMs: number;
  readonly agentVersion: string;
  readonly availability: Availability;
}

const bytesPerKib = 1024;
const bytesPerSOfMbit = 125_000;

/** What this host is. Takes some milliseconds of file reading: not for every second. */
export function readSystemInfo(options: SystemInfoOptions): SystemInfo {
  const { tree, host, timeMs, intervalMs, agentVersion } = options;
  const cpu = withSysTopology(tree, parseCpuinfo(textOf(tree, 'proc/cpuinfo')));
  const memory = memoryOf(tree);
  return {
    host,
    timeMs,
    simulated: false,
    agentVersion,
    intervalMs,
    bootTimeMs: (startedAtS(tree) ?? 0) * 1_000,
    os: distribution(textOf(tree, 'etc/os-release')),
    kernel: textOf(tree, 'proc/sys/kernel/osrelease'),
    architecture: textOf(tree, 'proc/sys/kernel/arch') || architectureOf(cpu),
    virtualization: virtualizationOf(tree, cpu.flags),
    cpuModel: cpu.modelName,
    generation: generationOf(cpu.modelName, textOf(tree, 'sys/devices/system/edac/mc/mc0/mc_name')),
    sockets: cpu.sockets ?? 0,
    physicalCores: cpu.physicalCores ?? 0,
    logicalCpus: cpu.logicalCpus,
    numaNodes: idsInList(textOf(tree, 'sys/devices/system/node/online')) || 0,
    memoryBytes: (memory.get('MemTotal') ?? 0) * bytesPerKib,
    swapBytes: (memory.get('SwapTotal') ?? 0) * bytesPerKib,
    disks: disksOf(tree),
    nics: nicsOf(tree),
    unavailable: options.availability,
  };
}

/** The name of the host: the kernel's, as a recording has it too; '' when there is none. */
export const hostNameOf = (tree: SourceTree): string => textOf(tree, 'proc/sys/kernel/hostname');

/** What a file says, trimmed; '' when it cannot be read. */
function textOf(tree: SourceTree, path: string): string {
  const bytes = tree.read(path);
  return isBytes(bytes) ? Buffer.from(bytes).toString('utf8').trim() : '';
}

function memoryOf(tree: SourceTree): ReadonlyMap<string, number> {
  const bytes = tree.read('proc/meminfo');
  return isBytes(bytes) ? numbersByName(bytes) : new Map();
}

/** `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"` */
const distribution = (osRelease: string): string => /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? '';

/** Kernels before 6.1 do not say it in /proc: long mode is 64-bit x86. */
const architectureOf = (cpu: CpuTopology): string => (cpu.flags.has('lm') ? 'x86_64' : '');

function disksOf(tree: SourceTree): DiskDevice[] {
  return tree.list('sys/block').flatMap((name) => {
    const medium = mediumOf(tree, name);
    if (medium === undefined) return [];
    const model = textOf(tree, `sys/block/${name}/device/model`);
    return [{ name, model, sizeBytes: sizeBytes(tree, name) ?? 0, rotational: medium === 'disk' }];
  });
}

function nicsOf(tree: SourceTree): NetworkDevice[] {
  return physicalInterfaces(tree, tree.list('sys/class/net')).map((name) => {
    const bytesPerS = lineRateBytesPerS(tree, name);
    return {
      name,
      driver: tree.linkName(`sys/class/net/${name}/device/driver`) ?? '',
      speedMbitPerS: bytesPerS === undefined ? undefined : bytesPerS / bytesPerSOfMbit,
    };
  });
}
