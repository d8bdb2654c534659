import { ByteCursor } from './byte-cursor.ts';
import { isBytes, numberIn, type SourceTree } from './source-tree.ts';

/**
 * Interfaces with hardware behind them: no loopback, bridge, bond, VLAN or tunnel, whose packets pass a real one and
 * would count twice. In a container without any, the interface of the default route.
 */
export function physicalInterfaces(tree: SourceTree, names: readonly string[]): readonly string[] {
  const physical = names.filter((name) => tree.list(`sys/class/net/${name}`).includes('device'));
  if (physical.length > 0) return physical;
  const primary = defaultRouteInterface(tree);
  return primary !== undefined && names.includes(primary) ? [primary] : [];
}

/** The interface that the default route with the least metric leaves by; undefined when there is none. */
export function defaultRouteInterface(tree: SourceTree): string | undefined {
  const bytes = tree.read('proc/net/route');
  if (!isBytes(bytes)) return undefined;
  const cursor = new ByteCursor(bytes);
  let best: { name: string; metric: number } | undefined;
  for (cursor.nextLine(); !cursor.done; cursor.nextLine()) {
    // Iface Destination Gateway Flags RefCnt Use Metric Mask …
    const name = cursor.word();
    const destination = cursor.word();
    for (let column = 0; column < 4; column++) cursor.word();
    const metric = cursor.integer();
    const mask = cursor.word();
    if (destination !== '00000000' || mask !== '00000000') continue;
    if (best === undefined || metric < best.metric) best = { name, metric };
  }
  return best?.name;
}

const bytesPerMegabit = 125_000;

/** Line rate of one direction, undefined when the driver does not know it (virtual cards say −1, links that are down fail). */
export function lineRateBytesPerS(tree: SourceTree, name: string): number | undefined {
  const megabits = numberIn(tree, `sys/class/net/${name}/speed`);
  return typeof megabits === 'number' && megabits > 0 ? megabits * bytesPerMegabit : undefined;
}
