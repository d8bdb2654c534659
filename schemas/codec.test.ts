import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { codecOf } from './codec.ts';
import type { HostPlacements, ServiceInfo, StageStats, SystemInfo } from './records.ts';

const systemInfo: SystemInfo = {
  host: 'web1',
  timeMs: 1_700_000_000_000,
  simulated: false,
  agentVersion: '0.1.0',
  intervalMs: 1_000,
  bootTimeMs: 1_699_000_000_000,
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0',
  architecture: 'x86_64',
  virtualization: 'kvm',
  cpuModel: 'E5-2670',
  generation: 'SNB',
  sockets: 2,
  physicalCores: 16,
  logicalCpus: 32,
  numaNodes: 2,
  memoryBytes: 34_359_738_368,
  swapBytes: 0,
  disks: [{ name: 'sda', model: 'flash', sizeBytes: 256_000_000_000, rotational: false }],
  nics: [
    { name: 'eth0', driver: 'virtio_net', speedMbitPerS: undefined },
    { name: 'eth1', driver: 'ixgbe', speedMbitPerS: 10_000 },
  ],
  unavailable: new Map([['instructions_per_s', 'no_pmu']]),
};
const placements: HostPlacements = {
  host: 'web1',
  placements: [
    {
      tier: 'web',
      service: 'www',
      region: 'snc',
      datacenter: 'snc2',
      rack: 'r1',
      serverType: 'I Web',
      generation: 'SNB',
      pool: 'web-snc',
      server: 'web1',
      build: '4711',
      owner: 'web team',
      validFromMs: 0,
    },
  ],
};
const service: ServiceInfo = {
  service: 'www',
  product: 'web',
  topTier: 'lbpool-slb.www',
  webRelated: true,
  reference: true,
  owners: ['web team'],
};
const stats: StageStats = {
  stage: 'windows',
  epoch: 1,
  task: '3',
  worker: 'web1:4711',
  timeMs: 1_700_000_000_000,
  state: 'paused',
  reason: 'The registry does not answer.',
  stats: new Map([['late', 2]]),
};

test('system information comes back with devices and the reasons of missing counters', () => {
  const codec = codecOf('dyno.systeminfo.v1');
  codec.addSchema(1, codec.schemaJson);
  deepEqual(codec.decode(codec.encode(systemInfo, 1)), systemInfo);
});

test('placements of a host come back', () => {
  const codec = codecOf('topology.hosts.v1');
  codec.addSchema(1, codec.schemaJson);
  deepEqual(codec.decode(codec.encode(placements, 1)), placements);
});

test('a service comes back', () => {
  const codec = codecOf('topology.services.v1');
  codec.addSchema(1, codec.schemaJson);
  deepEqual(codec.decode(codec.encode(service, 1)), service);
});

test('what a task says of itself comes back', () => {
  const codec = codecOf('dyno.stage-stats.v1');
  codec.addSchema(1, codec.schemaJson);
  deepEqual(codec.decode(codec.encode(stats, 1)), stats);
});

test('a field that an older writer did not know has its default', () => {
  const codec = codecOf('topology.services.v1');
  const older = JSON.parse(codec.schemaJson) as { fields: { name: string }[] };
  older.fields = older.fields.filter(({ name }) => name === 'service');
  codec.addSchema(2, JSON.stringify(older));
  const written = Buffer.concat([Buffer.from([0, 0, 0, 0, 2, 6]), Buffer.from('www')]);
  const expected = { service: 'www', product: '', topTier: '', webRelated: false, reference: false, owners: [] };
  deepEqual(codec.decode(written), expected);
});

test('a field that a newer writer added is passed over', () => {
  const codec = codecOf('topology.services.v1');
  const newer = JSON.parse(codec.schemaJson) as { fields: unknown[] };
  newer.fields.push({ name: 'cost_center', type: 'string', default: '' });
  codec.addSchema(2, JSON.stringify(newer));
  const written = Buffer.concat([codec.encode(service, 2), Buffer.from([4]), Buffer.from('c7')]);
  deepEqual(codec.decode(written), service);
});

test('a field of another type without a promotion is said to be incompatible', () => {
  const codec = codecOf('topology.services.v1');
  const other = codec.schemaJson.replace('"name":"product","type":"string"', '"name":"product","type":"int"');
  equal(other === codec.schemaJson, false);
  try {
    codec.addSchema(2, other.replace('"default":""', '"default":0'));
    throw new Error('was accepted');
  } catch (error) {
    equal((error as { code?: string }).code, 'DYNO_SCHEMA_INCOMPATIBLE');
  }
});
