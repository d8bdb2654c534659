import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blockCodec, encodeBlockMessage } from '../schemas/block-codec.ts';
import {
  type BlockMessage,
  type HostWindowsBlock,
  type TierWindowsBlock,
  tierFigures,
  type WindowMarker,
} from '../schemas/blocks.ts';
import { type Catalogue, currentCatalogue } from '../schemas/catalogue.ts';
import { catalogueVersion, counters } from '../schemas/counters.ts';
import { startGraph } from './runtime/graph-run.ts';
import type { Checkpoint, ProduceOutput } from './runtime/stage.ts';
import { batchOf, driveStage, type LogRecord } from './testing/drive-stage.ts';
import { tiersStage } from './tiers.ts';

const schemaId = 7;
const counter = 3;
const sources = 2;
/** A full hour: windows of an hour end at multiples of it. */
const startMs = 1_699_999_200_000;

interface HostValue {
  readonly host: string;
  readonly tier?: string;
  readonly region?: string;
  readonly value: number;
}

/** A block in which only one counter has values; 10 samples each. */
const block = (source: number, endS: number, hosts: readonly HostValue[]): HostWindowsBlock => {
  const values = new Float32Array(counters.length * hosts.length).fill(Number.NaN);
  const samples = new Uint8Array(values.length);
  for (const [i, { value }] of hosts.entries()) {
    values[counter * hosts.length + i] = value;
    samples[counter * hosts.length + i] = Number.isNaN(value) ? 0 : 10;
  }
  const identity = { service: 'www', serverType: 'I', generation: '', build: '', pool: '', server: '' };
  return {
    kind: 'host-windows',
    windowEndMs: startMs + endS * 1_000,
    windowMs: 10_000,
    source,
    sources,
    epoch: 1,
    part: 0,
    parts: 1,
    hosts: hosts.map(({ host, tier = 'web', region = 'snc' }) => ({ host, tier, region, ...identity })),
    catalogueVersion,
    values,
    samples,
    app: hosts.map(() => undefined),
  };
};
const marker = (source: number, throughS: number): WindowMarker => ({
  kind: 'marker',
  source,
  sources,
  epoch: 1,
  windowMs: 10_000,
  closedThroughMs: startMs + throughS * 1_000,
});
const closed = (throughS: number) => [marker(0, throughS), marker(1, throughS)];
const record = (message: BlockMessage): LogRecord => ({ appendMs: 0, value: encodeBlockMessage(message, schemaId) });

const input = blockCodec('host-windows');
const output = blockCodec('tier-windows');
for (const codec of [input, output]) codec.addSchema(schemaId, codec.schemaJson);
const stage = (catalogue: Catalogue = currentCatalogue) =>
  tiersStage({
    catalogue,
    ensureSchemas: () => Promise.resolve(),
    decode: (value) => input.decode(value),
    encode: (_, message) => encodeBlockMessage(message, schemaId),
  });

const messagesIn = (outputs: readonly ProduceOutput[]): (TierWindowsBlock | WindowMarker)[] =>
  outputs.filter(({ topic }) => topic === 'dyno.tier-windows.v1').map(({ value }) => output.decode(value!));
const run = async (messages: readonly BlockMessage[]) => {
  const driven = await driveStage({ stage: stage(), records: messages.map(record) });
  return { ...driven, messages: messagesIn(driven.outputs) };
};

/** Rows of blocks as text: end and length in seconds, tier, region, hosts, samples, then mean, min, max. */
const rowsOf = (messages: readonly (TierWindowsBlock | WindowMarker)[]): string[] =>
  messages.flatMap((message) => {
    if (message.kind === 'marker') return [];
    const endS = (message.windowEndMs - startMs) / 1_000;
    return Array.from(message.rowCells, (cell, row) => {
      const figure = (f: number) => message.figures[f * message.rowCells.length + row];
      const { region } = message.cells[cell]!;
      return `${endS}/${message.windowMs / 1_000} ${message.tier}${region && `/${region}`} ${message.rowHosts[row]} ${message.rowSamples[row]}: ${figure(0)} ${figure(1)} ${figure(2)}`;
    });
  });

test('a tier is counted as a whole and by region and server type', async () => {
  const hosts = [
    { host: 'a', value: 1 },
    { host: 'b', value: 3 },
    { host: 'c', region: 'ash', value: 8 },
    { host: 'none', value: Number.NaN },
  ];
  const { messages } = await run([block(0, 10, hosts.slice(0, 1)), block(1, 10, hosts.slice(1)), ...closed(10)]);
  deepEqual(rowsOf(messages), ['10/10 web 3 30: 4 1 8', '10/10 web/ash 1 10: 8 8 8', '10/10 web/snc 2 20: 2 1 3']);
});

test('10-s windows become a minute and minutes an hour, each with its marker after it', async () => {
  const one = (endS: number, value: number) => block(0, endS, [{ host: 'a', region: '', value }]);
  const { messages } = await run([one(10, 1), one(60, 5), one(70, 9), ...closed(70), ...closed(3_600)]);
  const words = messages.map((message) =>
    message.kind === 'marker'
      ? `through ${(message.closedThroughMs - startMs) / 1_000}/${message.windowMs / 1_000}`
      : rowsOf([message]).find((row) => !row.includes('/I'))!,
  );
  deepEqual(words, [
    '10/10 web 1 10: 1 1 1',
    '60/10 web 1 10: 5 5 5',
    '60/60 web 1 20: 3 1 5',
    '70/10 web 1 10: 9 9 9',
    'through 70/10',
    'through 60/60',
    'through 0/3600',
    '120/60 web 1 10: 9 9 9',
    '3600/3600 web 1 30: 5 1 9',
    'through 3600/10',
    'through 3600/60',
    'through 3600/3600',
  ]);
});

test('what was kept of an hour is taken back when the hour closes', async () => {
  const { outputs } = await run([block(0, 10, [{ host: 'a', value: 1 }]), ...closed(60), ...closed(3_600)]);
  const state = outputs.filter(({ topic }) => topic === 'tiers.state.v1');
  deepEqual(
    state.map(({ key, value }) => `${key} ${value === null ? 'gone' : 'kept'}`),
    [
      '[1,"www","web","",""] kept',
      '[1,"www","web","snc","I"] kept',
      '[1,"www","web","",""] gone',
      '[1,"www","web","snc","I"] gone',
    ],
  );
});

test('percentiles over hosts are within 1 %', async () => {
  const hosts = Array.from({ length: 400 }, (_, i) => ({ host: `h${i}`, value: 50 + i }));
  const { messages } = await run([block(0, 10, hosts), ...closed(10)]);
  const whole = messages[0] as TierWindowsBlock;
  const rows = whole.rowCells.length;
  for (const [name, q] of [
    ['p5', 0.05],
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const estimate = whole.figures[tierFigures.indexOf(name) * rows]!;
    const exact = 50 + Math.floor(q * 399);
    ok(Math.abs(estimate - exact) <= 0.0101 * exact, `${name} is ${estimate}, exactly ${exact}`);
  }
});

test('bytes that are no block, and blocks whose catalogue nobody knows, are counted and stop nothing', async () => {
  const foreign = { ...block(0, 10, [{ host: 'a', value: 1 }]), catalogueVersion: 0 };
  const records = [{ appendMs: 0, value: Buffer.from('nonsense') }, record(foreign), ...closed(10).map(record)];
  const { outputs, stats } = await driveStage({ stage: stage(), records });
  deepEqual([stats['undecodable'], stats['foreign_blocks']], [1, 1]);
  equal(messagesIn(outputs).length, 3);
});

const startOf = (restored: readonly Checkpoint[], stateRecords: readonly { key: string; value: Buffer }[]) => ({
  identity: { stage: 'tiers', epoch: 1, partition: 0, topics: [] },
  restored,
  stateRecords,
  partitionsOf: () => 1,
});
const checkpointAfter = async (messages: readonly BlockMessage[]): Promise<Checkpoint> =>
  (await run(messages)).checkpoint!;

test('a kept hour that does not check out is left out and counted', async () => {
  const broken = [{ key: '[1,"www","web","",""]', value: Buffer.from([1, 0, 0, 0, 0, 9]) }];
  const graph = stage().graph(startOf([await checkpointAfter(closed(60))], broken));
  equal(graph.stats()['state_discarded'], 1);
});

test('with the offsets gone an hour that was kept is taken back, not counted twice', async () => {
  const messages = [block(0, 10, [{ host: 'a', value: 1 }]), ...closed(60), ...closed(3_600)];
  const records = messages.map(record);
  const whole = await driveStage({ stage: stage(), records });
  const written = whole.outputs.find(({ topic, value }) => topic === 'tiers.state.v1' && value !== null)!;
  const kept = { key: written.key!.toString(), value: written.value! };
  const ofOtherEpoch = { ...kept, key: '[2,"www","web","",""]' };
  const started = startGraph(stage().graph(startOf([], [kept, ofOtherEpoch])));
  const outputs = started.push({
    ...batchOf('dyno.host-windows.v1', records, 0, records.length, 0),
    replayed: false,
  }) as ProduceOutput[];
  deepEqual([outputs[0]!.key?.toString(), outputs[0]!.value], [kept.key, null]);
  deepEqual(outputs.slice(1), whole.outputs);
});

/** The next version: a new counter first, the others in another order, the last one gone. */
const next: Catalogue = {
  version: catalogueVersion + 1,
  names: ['brand_new', ...currentCatalogue.names.slice(0, -1).reverse()],
  older: new Map([[catalogueVersion, currentCatalogue.names]]),
};

test('a new catalogue reads blocks and the kept hour of the one before, by the names of the counters', async () => {
  const name = currentCatalogue.names[counter]!;
  const messages = [
    ...[block(0, 10, [{ host: 'a', value: 1 }]), ...closed(60)],
    ...[block(1, 70, [{ host: 'b', value: 3 }]), ...closed(3_600)],
  ];
  const records = messages.map(record);
  const before = await driveStage({ stage: stage(), records: records.slice(0, 3) });
  const whole = await driveStage({ stage: stage(), records });
  const kept = new Map<string, Buffer>();
  for (const { topic, key, value } of before.outputs) if (topic === 'tiers.state.v1') kept.set(key!.toString(), value!);
  const stateRecords = [...kept].map(([key, value]) => ({ key, value }));
  const graph = startGraph(stage(next).graph(startOf([before.checkpoint!], stateRecords)));
  const rest = batchOf('dyno.host-windows.v1', records, 3, records.length, 0);
  const after = graph.push({ ...rest, replayed: false }) as ProduceOutput[];
  equal(graph.graph.stats()['state_discarded'], 0);
  const expected = messagesIn(whole.outputs).slice(messagesIn(before.outputs).length);
  deepEqual(rowsOf(messagesIn(after)), rowsOf(expected));
  const counted = messagesIn(after).flatMap((message) =>
    message.kind === 'marker'
      ? []
      : [...message.rowCounters].map((at) => `${message.catalogueVersion} ${next.names[at]}`),
  );
  deepEqual([...new Set(counted)], [`${next.version} ${name}`]);
});

test('a block of a newer catalogue makes the task wait, read first or again: it is not lost', async () => {
  const newer = { ...block(0, 10, [{ host: 'a', value: 1 }]), catalogueVersion: next.version };
  const records = [newer, ...closed(10)].map(record);
  const waits = { code: 'DYNO_SCHEMA_CATALOGUE_NEWER', retryable: true };
  await rejects(driveStage({ stage: stage(), records }), waits);
  const graph = startGraph(stage().graph(startOf([await checkpointAfter(closed(60))], [])));
  const batch = batchOf('dyno.host-windows.v1', records, 0, records.length, 0);
  throws(() => graph.push({ ...batch, replayed: true }), waits);
});

const stepS = fc.constantFrom(10, 10, 10, 20, 50, 60, 600, 3_000);
const log = fc
  .array(
    fc.record({
      source: fc.nat(sources - 1),
      stepS,
      hosts: fc.array(
        fc.record({
          host: fc.constantFrom('a', 'b', 'c'),
          tier: fc.constantFrom('web', 'db'),
          region: fc.constantFrom('snc', 'ash', ''),
          value: fc.oneof(fc.float({ noNaN: true, min: -1_000, max: 1_000 }), fc.constant(Number.NaN)),
        }),
        { maxLength: 4 },
      ),
      silent: fc.boolean(),
    }),
    { maxLength: 50, size: 'max' },
  )
  .map((steps) => {
    const nextS: number[] = new Array(sources).fill(10);
    return steps.flatMap(({ source, stepS, hosts, silent }) => {
      const endS = nextS[source]!;
      nextS[source] = endS + stepS;
      const messages: BlockMessage[] = hosts.length === 0 ? [] : [block(source, endS, hosts)];
      return silent ? messages : [...messages, marker(source, endS)];
    });
  });
const steps = fc.array(
  fc.record({ size: fc.integer({ min: 0, max: 12 }), end: fc.constantFrom('nothing', 'commit', 'commit', 'crash') }),
);

test('crashes at any point and batches of any size change no byte: minutes are read again, hours kept', async () => {
  await fc.assert(
    fc.asyncProperty(log, steps, async (messages, steps) => {
      const records = messages.map(record);
      const whole = await driveStage({ stage: stage(), records });
      const broken = await driveStage({ stage: stage(), records, steps });
      deepEqual(broken.outputs, whole.outputs);
      deepEqual(broken.checkpoint, whole.checkpoint);
    }),
    { numRuns: 30 },
  );
});

/** Plain loops over all (host, 10 s) values of complete windows. */
const expectedRows = (messages: readonly BlockMessage[], windowMs: number): string[] => {
  const throughMs = Math.min(
    ...[0, 1].map((source) =>
      Math.max(0, ...messages.map((m) => (m.kind === 'marker' && m.source === source ? m.closedThroughMs : 0))),
    ),
  );
  const groups = new Map<string, { values: number[]; byWindow: Map<number, number> }>();
  for (const message of messages) {
    if (message.kind !== 'host-windows') continue;
    const endMs = Math.ceil(message.windowEndMs / windowMs) * windowMs;
    if (endMs > throughMs) continue;
    for (const [i, { tier, region }] of message.hosts.entries()) {
      const value = message.values[counter * message.hosts.length + i]!;
      if (Number.isNaN(value)) continue;
      for (const part of [tier, `${tier}/${region}/I`]) {
        const key = `${endMs} ${part}`;
        const group = groups.get(key) ?? { values: [] as number[], byWindow: new Map<number, number>() };
        groups.set(key, group);
        group.values.push(value);
        group.byWindow.set(message.windowEndMs, (group.byWindow.get(message.windowEndMs) ?? 0) + 1);
      }
    }
  }
  return [...groups].map(
    ([key, { values, byWindow }]) =>
      `${key}: ${Math.max(...byWindow.values())} ${values.length * 10} ${Math.min(...values)} ${Math.max(...values)}`,
  );
};
const foundRows = (messages: readonly (TierWindowsBlock | WindowMarker)[], windowMs: number): string[] =>
  messages.flatMap((message) => {
    if (message.kind === 'marker' || message.windowMs !== windowMs) return [];
    const rows = message.rowCells.length;
    return Array.from(message.rowCells, (at, row) => {
      const { region, serverType } = message.cells[at]!;
      const part = serverType === '' ? message.tier : `${message.tier}/${region}/${serverType}`;
      return `${message.windowEndMs} ${part}: ${message.rowHosts[row]} ${message.rowSamples[row]} ${message.figures[rows + row]} ${message.figures[2 * rows + row]}`;
    });
  });

test('windows of every length hold what plain loops over the host windows find', async () => {
  await fc.assert(
    fc.asyncProperty(log, async (messages) => {
      const found = (await run(messages)).messages;
      for (const windowMs of [10_000, 60_000, 3_600_000])
        deepEqual(foundRows(found, windowMs).sort(), expectedRows(messages, windowMs).sort());
    }),
    { numRuns: 30 },
  );
});
