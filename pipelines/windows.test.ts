import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { createCounterDecoder } from '../native/counter-decoder.ts';
import { type BlockMessage, blockHostsMax } from '../schemas/blocks.ts';
import { counterIndex, counters } from '../schemas/counters.ts';
import { hostCountersSchema } from '../schemas/host-counters.ts';
import { encodeHostCounters } from '../schemas/host-counters-codec.ts';
import type { Placement } from '../schemas/topology.ts';
import type { ProduceOutput } from './runtime/stage.ts';
import { driveStage, type LogRecord } from './testing/drive-stage.ts';
import { windowsStage } from './windows.ts';

const startMs = 1_700_000_000_000;
const place = (tier: string, service: string, validFromMs = 0): Placement => ({
  tier,
  service,
  region: 'snc',
  datacenter: '',
  rack: '',
  serverType: 'I',
  generation: 'NHM',
  pool: '',
  server: '',
  build: '',
  owner: '',
  validFromMs,
});
/** Messages are kept as they are, in the order in which they were encoded: the last argument of a test looks at them. */
const stageOf = (
  messages: Map<Buffer, BlockMessage>,
  placements: Readonly<Record<string, readonly Placement[]>> = {},
) =>
  windowsStage({
    decoder: createCounterDecoder(),
    schemaById: (id) => Promise.resolve(id === 7 ? hostCountersSchema() : undefined),
    placements: {
      placementAt: (host, timeMs) => placements[host]?.findLast(({ validFromMs }) => validFromMs <= timeMs),
    },
    metrics: ['cpu_busy_ratio', 'hits_per_s'],
    encode: (topic, message) => {
      const value = Buffer.from(`${topic} ${message.kind}`);
      messages.set(value, message);
      return value;
    },
  });

const sample = (host: string, eventS: number, appendS = eventS + 0.5): LogRecord => {
  const values = new Float64Array(counters.length).fill(Number.NaN);
  values[counterIndex.get('cpu_busy_ratio')!] = 0.5;
  const timeMs = startMs + eventS * 1_000;
  const counted = { host, timeMs, intervalMs: 1_000, sequence: 0, values, app: new Map([['hits_per_s', 30]]) };
  return { appendMs: startMs + appendS * 1_000, key: Buffer.from(host), value: encodeHostCounters(counted, 7) };
};
const tick = (appendS: number): LogRecord => ({
  appendMs: startMs + appendS * 1_000,
  value: null,
  headers: { 'dyno-kind': Buffer.from('tick') },
});
const idle = (fromS: number, toS: number) => Array.from({ length: toS - fromS }, (_, i) => tick(fromS + i));

const run = async (records: readonly LogRecord[], placements?: Readonly<Record<string, readonly Placement[]>>) => {
  const messages = new Map<Buffer, BlockMessage>();
  const driven = await driveStage({ stage: stageOf(messages, placements), records, partition: 1, partitions: 3 });
  const blocks = driven.outputs.flatMap(({ value }) => {
    const message = messages.get(value ?? Buffer.alloc(0));
    return message === undefined || message.kind === 'marker' ? [] : [message];
  });
  return { ...driven, blocks, messages };
};

test('a closed second becomes one block for each tier, hosts and metrics in their order', async () => {
  const placements = { web1: [place('web', 'www')], web2: [place('web', 'www')] };
  const { blocks } = await run([sample('web2', 1), sample('lost', 1), sample('web1', 1), tick(2)], placements);
  deepEqual(
    blocks.map((block) => [block.kind, 'hosts' in block && block.hosts.map(({ host, tier }) => `${tier}/${host}`)]),
    [
      ['tier-seconds', ['unassigned/lost']],
      ['tier-seconds', ['web/web1', 'web/web2']],
    ],
  );
  deepEqual('values' in blocks[1]! && [...blocks[1].values], [0.5, 0.5, 30, 30]);
});

test('a closed 10-s window becomes one block for each service, and every partition hears that it is closed', async () => {
  const { outputs, blocks } = await run([sample('web1', 1), ...idle(2, 28)], { web1: [place('web', 'www')] });
  const window = blocks.find(({ kind }) => kind === 'host-windows');
  deepEqual(window?.kind === 'host-windows' && [window.source, window.sources, window.epoch], [1, 3, 1]);
  deepEqual(window?.kind === 'host-windows' && [...window.app[0]!], [['hits_per_s', 30]]);
  const markers = outputs.filter(({ topic, key }) => topic === 'dyno.host-windows.v1' && key === null);
  deepEqual(new Set(markers.map(({ partition }) => partition)), new Set([0, 1, 2]));
});

test('a host is where it was at the end of the window: placements change with time', async () => {
  const placements = { web1: [place('old', 'www'), place('new', 'www', startMs + 2_000)] };
  const { blocks } = await run([sample('web1', 2), sample('web1', 3), tick(4)], placements);
  deepEqual(
    blocks.map((block) => 'hosts' in block && block.hosts[0]!.tier),
    ['old', 'new'],
  );
});

test('a large group is cut into parts of 500 hosts', async () => {
  const hosts = Array.from({ length: blockHostsMax + 1 }, (_, i) => `h${String(i).padStart(4, '0')}`);
  const { blocks } = await run([...hosts.map((host) => sample(host, 1)), tick(2)]);
  deepEqual(
    blocks.map((block) => 'hosts' in block && [block.part, block.parts, block.hosts.length]),
    [
      [0, 2, 500],
      [1, 2, 1],
    ],
  );
});

const text = (output: ProduceOutput | undefined, header: string) =>
  output?.headers?.[`__connect.errors.${header}`]?.toString();

test('rejected records keep their bytes and say where they come from and why', async () => {
  const bad: LogRecord = { appendMs: startMs, key: Buffer.from('k'), value: Buffer.from([0, 0, 0, 0, 9, 1]) };
  const { outputs, stats } = await run([tick(0), bad, sample('fast', 3_600, 1), sample('late', -60, 2)]);
  const letters = outputs.filter(({ topic }) => topic === 'dyno.counters.v1.dlq');
  deepEqual(
    letters.map((letter) => text(letter, 'exception.class.name')),
    ['unknown_schema', 'skewed', 'late'],
  );
  deepEqual([letters[0]!.key, letters[0]!.value], [bad.key, bad.value]);
  deepEqual(
    [text(letters[0], 'topic'), text(letters[0], 'partition'), text(letters[0], 'offset')],
    ['dyno.counters.v1', '1', '1'],
  );
  deepEqual([stats['in'], stats['undecodable'], stats['skewed'], stats['late'], stats['windowed']], [3, 1, 1, 1, 0]);
});

test('nothing is committed before the first batch, for where a partition starts is not known', async () => {
  equal((await run([])).checkpoint, undefined);
});
