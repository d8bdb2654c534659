import { defineCollector } from '../collector.ts';
import { nominalHz, parseCpuinfo, withSysTopology } from '../cpu-topology.ts';
import { isBytes } from '../source-tree.ts';

interface Processors {
  readonly physicalCores: number | undefined;
  readonly sockets: number | undefined;
  readonly nominalHz: number | undefined;
}

/** Long on a machine with many CPUs, and changes only with hot plug. */
export default defineCollector<Processors>({
  name: 'proc-cpuinfo',
  counters: ['cpu_physical_core_count', 'cpu_socket_count', 'cpu_nominal_frequency_hz'],
  everySamples: 300,
  read: (tree) => {
    const bytes = tree.read('proc/cpuinfo');
    if (!isBytes(bytes)) return bytes;
    const topology = withSysTopology(tree, parseCpuinfo(Buffer.from(bytes).toString('latin1')));
    return { ...topology, nominalHz: nominalHz(tree, topology) };
  },
  derive: ({ current: { physicalCores, sockets, nominalHz } }) => ({
    cpu_physical_core_count: physicalCores ?? 'not_supported_arch',
    cpu_socket_count: sockets ?? 'not_supported_arch',
    cpu_nominal_frequency_hz: nominalHz ?? 'not_supported_hw',
  }),
});
