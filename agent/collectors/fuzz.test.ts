import { equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { projectFile } from '../../base/project-file.ts';
import { loadCollectors } from '../collector-registry.ts';
import { HostReader } from '../host-reader.ts';
import { MemoryTree } from '../testing/memory-tree.ts';

const recorded = (path: string): string =>
  readFileSync(projectFile('agent', 'collectors', 'fixtures', 'nhm-first', path), 'latin1');

const paths = [
  'proc/stat',
  'proc/loadavg',
  'proc/schedstat',
  'proc/pressure/cpu',
  'proc/meminfo',
  'proc/vmstat',
  'proc/diskstats',
  'proc/interrupts',
  'proc/net/dev',
  'proc/net/route',
  'proc/net/snmp',
  'proc/net/netstat',
  'proc/net/sockstat',
  'proc/net/softnet_stat',
  'proc/self/mounts',
  'proc/cpuinfo',
  'proc/uptime',
  'sys/block/sda/queue/rotational',
  'sys/block/sda/device/ioerr_cnt',
  'sys/class/net/eth0/speed',
  'sys/class/net/eth0/device/vendor',
  'sys/devices/system/node/online',
  'sys/devices/system/edac/mc/mc0/ce_count',
];

/** A real file with a hole, a double, a foreign piece or a cut in it; or nothing like a file at all. */
const damaged = (text: string) =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .record({
        at: fc.nat(text.length),
        length: fc.nat(40),
        piece: fc.constantFrom('', '-1', '\n', ':', '99999999999999999999999', 'x', '\0'),
      })
      .map(({ at, length, piece }) => text.slice(0, at) + piece + text.slice(at + length)),
    fc.nat(text.length).map((at) => text.slice(0, at)),
    fc.constant(text),
  );
const trees = fc.record(Object.fromEntries(paths.map((path) => [path, damaged(recorded(path))])));

test('whatever the files hold, no collector throws and every missing value has its reason', async () => {
  const collectors = await loadCollectors();
  fc.assert(
    fc.property(trees, trees, (first, second) => {
      const reader = new HostReader({ collectors, onFailure: (name, error) => ok(false, `${name}: ${error}`) });
      for (const files of [first, second]) {
        const { values, reasons } = reader.read({ tree: new MemoryTree({ files }), elapsedS: 1, readNow: true });
        for (const [index, value] of values.entries()) {
          equal(Number.isNaN(value), reasons[index] !== undefined);
          ok(Number.isNaN(value) || (value >= -60 && Number.isFinite(value)));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('with no file at all every counter of a source has a reason', async () => {
  const reader = new HostReader({ collectors: await loadCollectors() });
  const { reasons } = reader.read({ tree: new MemoryTree({ files: {} }), elapsedS: 1 });
  equal(reasons.includes('collector_failed'), false);
});
