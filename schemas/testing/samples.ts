import type { BlockIdentity } from '../blocks.ts';
import type { AvroTopic, TopicValues } from '../codec.ts';
import { counters } from '../counters.ts';
import type { Placement } from '../topology.ts';

const placement: Placement = {
  tier: 'web',
  service: 'www',
  region: 'snc',
  datacenter: 'snc2',
  rack: 'r1',
  serverType: 'I',
  generation: 'SNB',
  pool: 'web-snc',
  server: 'web1',
  build: '4711',
  owner: 'web team',
  validFromMs: 0,
};
const identity = (host: string): BlockIdentity => {
  const { tier, service, region, serverType, generation, build, pool } = placement;
  return { host, tier, service, region, serverType, generation, build, pool, server: host };
};
const head = { source: 0, sources: 4, epoch: 1, part: 0, parts: 1 };
const windowEndMs = 1_700_000_010_000;
const hosts = [identity('web1'), identity('web2')];

/** One value of every topic with Avro values, with something in every field: for golden bytes and tests. */
export const samples: { readonly [T in AvroTopic]: TopicValues[T] } = {
  'dyno.counters.v1': {
    host: 'web1',
    timeMs: 1_700_000_000_000,
    intervalMs: 1_000.25,
    sequence: 41,
    values: Float64Array.from(counters, (_, i) => (i % 7 === 3 ? Number.NaN : i + 0.1)),
    app: new Map([['cache_hits', 7.25]]),
  },
  'dyno.systeminfo.v1': {
    host: 'web1',
    timeMs: 1_700_000_000_000,
    simulated: true,
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
    swapBytes: 1_073_741_824,
    disks: [{ name: 'sda', model: 'flash', sizeBytes: 256_000_000_000, rotational: false }],
    nics: [
      { name: 'eth0', driver: 'virtio_net', speedMbitPerS: undefined },
      { name: 'eth1', driver: 'ixgbe', speedMbitPerS: 10_000 },
    ],
    unavailable: new Map([['cpu_instructions_per_s', 'no_pmu']]),
  },
  'topology.hosts.v1': {
    host: 'web1',
    placements: [placement, { ...placement, tier: 'feed', validFromMs: 1_700_000_000_000 }],
  },
  'topology.services.v1': {
    service: 'www',
    product: 'web',
    topTier: 'lbpool-slb.www',
    webRelated: true,
    reference: true,
    owners: ['web team', 'capacity team'],
  },
  'dyno.tier-seconds.v1': {
    kind: 'tier-seconds',
    ...head,
    windowEndMs,
    windowMs: 1_000,
    hosts,
    metrics: ['requests_per_s', 'cpu_busy_ratio'],
    values: Float64Array.of(48, 0.1 + 0.2, Number.NaN, -0),
  },
  'dyno.host-windows.v1': {
    kind: 'host-windows',
    ...head,
    windowEndMs,
    windowMs: 10_000,
    hosts,
    catalogueVersion: 1,
    values: Float32Array.of(1.5, Number.NaN),
    samples: Uint8Array.of(10, 0),
    app: [new Map([['cache_hits', 7.25]]), undefined],
  },
  'dyno.tier-windows.v1': {
    kind: 'tier-windows',
    ...head,
    windowEndMs,
    windowMs: 60_000,
    tier: 'web',
    service: 'www',
    catalogueVersion: 1,
    cells: [
      { region: '', serverType: '' },
      { region: 'snc', serverType: 'I' },
    ],
    rowCells: Int32Array.of(0, 1),
    rowCounters: Int32Array.of(4, 4),
    rowHosts: Int32Array.of(240, 120),
    rowSamples: Int32Array.of(14_400, 7_200),
    figures: Float32Array.from({ length: 18 }, (_, i) => i / 4),
    sketches: [Buffer.from([1, 2, 3]), Buffer.from([4])],
  },
  'instantdyno.correlations.v1': {
    kind: 'correlations',
    ...head,
    windowEndMs,
    windowMs: 1_000,
    tier: 'web',
    metrics: ['requests_per_s', 'duration_avg_ms'],
    entities: [
      { generation: '', host: '' },
      { generation: 'SNB', host: '' },
    ],
    rowEntities: Int32Array.of(0, 1),
    rowX: Int32Array.of(0, 0),
    rowY: Int32Array.of(1, 1),
    rowWindowsS: Int32Array.of(60, 300),
    figures: Float64Array.from({ length: 32 }, (_, i) => (i === 5 ? Number.NaN : i + 0.1)),
  },
  'dyno.stage-stats.v1': {
    stage: 'windows',
    epoch: 1,
    task: '3',
    worker: 'web1:4711',
    timeMs: 1_700_000_000_000,
    state: 'paused',
    reason: 'The registry does not answer.',
    stats: new Map([['late', 2]]),
  },
};
