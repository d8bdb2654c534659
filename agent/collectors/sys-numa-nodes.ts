import { defineCollector } from '../collector.ts';

/** How many ids a kernel list such as `0-1,4` holds, NaN when it is none. */
export function idsInList(text: string): number {
  let ids = 0;
  for (const range of text.trim().split(',')) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined) return Number.NaN;
    ids += Number(last ?? first) - Number(first) + 1;
  }
  return ids;
}

export default defineCollector<{ readonly nodes: number }>({
  name: 'sys-numa-nodes',
  counters: ['numa_node_count'],
  everySamples: 300,
  read: (tree) => {
    const folder = 'sys/devices/system/node';
    if (!tree.list(folder).includes('online')) return 'not_supported_kernel';
    return { nodes: idsInList(tree.text(`${folder}/online`)) };
  },
  derive: ({ current }) => ({ numa_node_count: current.nodes }),
});
