import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRouteInterface } from './network-interfaces.ts';
import { MemoryTree } from './testing/memory-tree.ts';

const routes = (...rows: string[]): MemoryTree =>
  new MemoryTree({ files: { 'proc/net/route': `Iface\tDestination\n${rows.join('\n')}\n` } });

test('the primary interface has the default route with the least metric', () => {
  const tree = routes(
    'eth2\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF',
    'wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000',
    'eth1\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000',
    'eth3\t00000000\t0100A8C0\t0003\t0\t0\t200\t00000000',
  );
  equal(defaultRouteInterface(tree), 'eth1');
});

test('without a default route there is none', () => {
  equal(defaultRouteInterface(routes('eth2\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF')), undefined);
  equal(defaultRouteInterface(new MemoryTree({ files: {} })), undefined);
});
