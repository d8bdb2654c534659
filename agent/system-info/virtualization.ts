import { isBytes, type SourceTree } from '../source-tree.ts';

/** Words of the DMI vendor and product, lower case, by the hypervisor they mean. */
const byDmi: readonly (readonly [word: string, kind: string])[] = [
  ['amazon ec2', 'amazon'],
  ['google compute engine', 'google'],
  ['virtual machine', 'microsoft'],
  ['vmware', 'vmware'],
  ['virtualbox', 'oracle'],
  ['xen', 'xen'],
  ['kvm', 'kvm'],
  ['qemu', 'qemu'],
];

/** `none` on bare metal, `unknown` when it cannot be told, else the kind of container or hypervisor. */
export function virtualizationOf(tree: SourceTree, cpuFlags: ReadonlySet<string>): string {
  if (isBytes(tree.read('.dockerenv'))) return 'docker';
  if (isBytes(tree.read('run/.containerenv'))) return 'podman';
  const dmi = `${fileText(tree, 'sys/class/dmi/id/sys_vendor')} ${fileText(tree, 'sys/class/dmi/id/product_name')}`;
  const known = byDmi.find(([word]) => dmi.toLowerCase().includes(word));
  // A vendor's name alone is no proof: clouds rent whole machines too.
  if (cpuFlags.has('hypervisor')) return known?.[1] ?? 'vm';
  if (fileText(tree, 'sys/hypervisor/type') === 'xen') return 'xen';
  // Arm has no such flag.
  if (cpuFlags.size === 0) return known?.[1] ?? 'unknown';
  return 'none';
}

function fileText(tree: SourceTree, path: string): string {
  const bytes = tree.read(path);
  return isBytes(bytes) ? Buffer.from(bytes).toString('utf8').trim() : '';
}
