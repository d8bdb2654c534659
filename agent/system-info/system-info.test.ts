import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { projectFile } from '../../base/project-file.ts';
import { codecOf } from '../../schemas/codec.ts';
import { loadServerTypes } from '../../schemas/server-types.ts';
import { FileTree } from '../file-tree.ts';
import { MemoryTree } from '../testing/memory-tree.ts';
import { generationOf } from './generation.ts';
import { readSystemInfo } from './system-info.ts';
import { virtualizationOf } from './virtualization.ts';

const generations: [model: string, generation: string][] = [
  ['Intel(R) Xeon(R) CPU           L5420  @ 2.50GHz', 'SC'],
  ['Intel(R) Xeon(R) CPU           L5520  @ 2.27GHz', 'NHM'],
  ['Intel(R) Xeon(R) CPU           L5639  @ 2.13GHz', 'WSM'],
  ['Intel(R) Xeon(R) CPU           X5650  @ 2.67GHz', 'XWSM'],
  ['Intel(R) Xeon(R) CPU E5-2670 0 @ 2.60GHz', 'SNB'],
  ['Intel(R) Xeon(R) CPU E5-2680 v2 @ 2.80GHz', 'IVB'],
  ['Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz', 'Haswell'],
  ['Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz', 'Broadwell'],
  ['Intel(R) Xeon(R) CPU D-1557 @ 1.50GHz', 'Broadwell'],
  ['Intel(R) Xeon(R) Gold 6138 CPU @ 2.00GHz', ''],
  ['AMD EPYC', ''],
  ['', ''],
];
for (const [model, generation] of generations)
  test(`the generation of "${model}" is ${generation || 'not in the table'}`, () =>
    equal(generationOf(model, ''), generation));

test('the memory controller tells the first generation from the second, which has the same processor', () => {
  equal(generationOf('Intel(R) Xeon(R) CPU L5420 @ 2.50GHz', 'I5000'), 'VSS');
});

test('every generation that is told is one of the table', () => {
  const known = new Set(loadServerTypes().generations.map(({ name }) => name));
  for (const [, generation] of generations) equal(generation === '' || known.has(generation), true, generation);
  equal(known.has('VSS'), true);
});

test('the recorded NHM host is described, and the record can be published', () => {
  const tree = new FileTree({ root: projectFile('agent', 'collectors', 'fixtures', 'nhm-first'), live: false });
  const described = readSystemInfo({
    tree,
    host: 'web0042',
    timeMs: 1_281_000_000_000,
    intervalMs: 1_000,
    agentVersion: '0.1.0',
    availability: new Map([['cpu_cycles_per_s', 'no_addon']]),
  });
  tree.close();
  equal(described.generation, 'NHM');
  deepEqual([described.sockets, described.physicalCores, described.logicalCpus, described.numaNodes], [2, 8, 16, 2]);
  deepEqual(described.disks, [
    { name: 'sda', model: 'ST3250310NS', sizeBytes: 250_059_350_016, rotational: true },
    { name: 'sdb', model: 'INTEL SSDSA2M080', sizeBytes: 80_026_361_856, rotational: false },
  ]);
  deepEqual(described.nics, [{ name: 'eth0', driver: '', speedMbitPerS: 1_000 }]);
  equal(described.virtualization, 'none');
  const codec = codecOf('dyno.systeminfo.v1');
  codec.addSchema(1, codec.schemaJson);
  deepEqual(codec.decode(codec.encode(described, 1)), described);
});

const machines: [says: string, files: Record<string, string>, flags: string[], kind: string][] = [
  ['no hypervisor flag is bare metal', {}, ['fpu'], 'none'],
  ['a hypervisor that tells nothing is a vm', {}, ['hypervisor'], 'vm'],
  ['a hypervisor is known by the DMI product', { 'sys/class/dmi/id/product_name': 'KVM\n' }, ['hypervisor'], 'kvm'],
  ['a rented whole machine is bare metal', { 'sys/class/dmi/id/sys_vendor': 'Amazon EC2\n' }, ['fpu'], 'none'],
  ['a container is one on any machine', { '.dockerenv': '' }, ['hypervisor'], 'docker'],
  ['without flags it cannot be told', {}, [], 'unknown'],
];
for (const [says, files, flags, kind] of machines)
  test(says, () => equal(virtualizationOf(new MemoryTree({ files }), new Set(flags)), kind));
