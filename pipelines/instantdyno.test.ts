import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../base/testing/random.ts';
import { blockCodec, encodeBlockMessage } from '../schemas/block-codec.ts';
import {
  type BlockMessage,
  type CorrelationsBlock,
  correlationFigures,
  type TierSecondsBlock,
  type WindowMarker,
} from '../schemas/blocks.ts';
import { instantdynoStage } from './instantdyno.ts';
import { startGraph } from './runtime/graph-run.ts';
import type { ProduceOutput } from './runtime/stage.ts';
import { batchOf, driveStage, type LogRecord } from './testing/drive-stage.ts';

const schemaId = 7;
const sources = 2;
/** A full hour. */
const startMs = 1_699_999_200_000;
const metrics = ['rps', 'cpu', 'ms'];

interface HostValues {
  readonly host: string;
  readonly tier?: string;
  readonly generation?: string;
  readonly values: readonly number[];
}

const block = (source: number, endS: number, hosts: readonly HostValues[]): TierSecondsBlock => ({
  kind: 'tier-seconds',
  windowEndMs: startMs + endS * 1_000,
  windowMs: 1_000,
  source,
  sources,
  epoch: 1,
  part: 0,
  parts: 1,
  hosts: hosts.map(({ host, tier = 'web', generation = '' }) => ({
    ...{ host, tier, generation, service: 'www', region: 'snc', serverType: 'I', build: '', pool: '', server: '' },
  })),
  metrics,
  values: Float64Array.from(metrics.flatMap((_, metric) => hosts.map(({ values }) => values[metric] ?? Number.NaN))),
});
const marker = (source: number, throughS: number): WindowMarker => ({
  ...{ kind: 'marker', source, sources, epoch: 1, windowMs: 1_000, closedThroughMs: startMs + throughS * 1_000 },
});
const closed = (throughS: number) => [marker(0, throughS), marker(1, throughS)];
const record = (message: BlockMessage): LogRecord => ({ appendMs: 0, value: encodeBlockMessage(message, schemaId) });

const input = blockCodec('tier-seconds');
const output = blockCodec('correlations');
for (const codec of [input, output]) codec.addSchema(schemaId, codec.schemaJson);
const stage = (options: { hosts?: ReadonlySet<string>; entitiesMax?: number; metrics?: readonly string[] } = {}) =>
  instantdynoStage({
    ensureSchemas: () => Promise.resolve(),
    decode: (value) => input.decode(value),
    encode: (_, message) => encodeBlockMessage(message, schemaId),
    metrics,
    metricPairs: [['rps', 'cpu']],
    ...options,
  });
const messagesIn = (outputs: readonly ProduceOutput[]): (CorrelationsBlock | WindowMarker)[] =>
  outputs.filter(({ topic }) => topic === 'instantdyno.correlations.v1').map(({ value }) => output.decode(value!));
const blocksIn = (outputs: readonly ProduceOutput[]) =>
  messagesIn(outputs).filter((message): message is CorrelationsBlock => message.kind === 'correlations');
const figure = (found: CorrelationsBlock, name: (typeof correlationFigures)[number], row: number): number =>
  found.figures[correlationFigures.indexOf(name) * found.rowX.length + row]!;

test('a second of a tier is correlated once all sources have closed it, with its marker after it', async () => {
  const seconds = [1, 2, 3, 4].flatMap((endS) => [
    block(0, endS, [{ host: 'a', values: [endS, 3 * endS, 1] }]),
    block(1, endS, [{ host: 'b', values: [endS + 2, 3 * endS + 2, 2] }]),
    ...closed(endS),
  ]);
  const { outputs } = await driveStage({ stage: stage(), records: seconds.map(record) });
  deepEqual(
    messagesIn(outputs).map((message) =>
      message.kind === 'marker'
        ? `through ${(message.closedThroughMs - startMs) / 1_000}`
        : `${message.tier} ${(message.windowEndMs - startMs) / 1_000}: ${message.rowX.length} rows`,
    ),
    // All three pairs of the three metrics with the first point of each 10 s, in three windows.
    [
      'web 1: 9 rows',
      'through 1',
      'web 2: 3 rows',
      'through 2',
      'web 3: 3 rows',
      'through 3',
      'web 4: 3 rows',
      'through 4',
    ],
  );
  const last = blocksIn(outputs).at(-1)!;
  deepEqual([...last.rowWindowsS], [60, 300, 3_600]);
  // The tier is the mean of its hosts: x = t + 1, y = 3 t + 1.
  deepEqual(
    (['n', 'r', 'slope', 'intercept', 'mean_x', 'mean_y'] as const).map((name) =>
      Number(figure(last, name, 0).toPrecision(14)),
    ),
    [4, 1, 3, -2, 3.5, 8.5],
  );
});

test('generations and the hosts that are asked for are entities beside the tier', async () => {
  const hosts = [
    { host: 'a', generation: 'NHM', values: [1, 2] },
    { host: 'b', generation: 'HSW', values: [3, 4] },
    { host: 'c', tier: 'db', values: [5, 6] },
  ];
  const { outputs } = await driveStage({
    stage: stage({ hosts: new Set(['b']) }),
    records: [block(0, 1, hosts), ...closed(1)].map(record),
  });
  deepEqual(
    blocksIn(outputs).map(({ tier, entities }) => [tier, entities.map(({ generation, host }) => generation + host)]),
    [
      ['db', ['']],
      ['web', ['', 'HSW', 'NHM', 'HSWb']],
    ],
  );
  // Of one point nothing can be told; it is said nevertheless.
  ok(Number.isNaN(figure(blocksIn(outputs)[0]!, 'r', 0)));
  equal(figure(blocksIn(outputs)[0]!, 'n', 0), 1);
});

test('a tier too large for one record is cut between entities, each part below 400 kB', async () => {
  const sixteen = Array.from({ length: 16 }, (_, i) => `metric_${i}`);
  const hosts = Array.from({ length: 20 }, (_, i) => ({ host: `h${i}`, generation: 'NHM', values: [i] }));
  const values = Float64Array.from({ length: 16 * hosts.length }, (_, i) => i);
  const second: TierSecondsBlock = { ...block(0, 10, hosts), metrics: sixteen, values };
  const { outputs } = await driveStage({
    stage: stage({ hosts: new Set(hosts.map(({ host }) => host)), metrics: sixteen }),
    records: [second, ...closed(10)].map(record),
  });
  const produced = outputs.filter(({ key }) => key?.toString() === 'web');
  const blocks = blocksIn(outputs);
  equal(blocks.length, 4);
  equal(
    blocks.reduce((sum, { rowX }) => sum + rowX.length, 0),
    22 * 120 * 3,
  );
  deepEqual(
    blocks.map(({ part, parts }) => [part, parts]),
    [
      [0, 4],
      [1, 4],
      [2, 4],
      [3, 4],
    ],
  );
  for (const { value } of produced) ok(value!.length < 400_000, `${value!.length} bytes`);
});

test('bytes that are no block are counted and stop nothing', async () => {
  const records = [{ appendMs: 0, value: Buffer.from('nonsense') }, ...closed(1).map(record)];
  const { outputs, stats } = await driveStage({ stage: stage(), records });
  equal(stats['undecodable'], 1);
  equal(messagesIn(outputs).length, 1);
});

const seconds = (from: number, to: number): BlockMessage[] =>
  Array.from({ length: to - from }, (_, i) => from + i + 1).flatMap((endS) => [
    block(0, endS, [{ host: 'a', values: [endS % 7, endS % 5, endS % 3] }]),
    ...closed(endS),
  ]);

test('with the offsets gone what was kept is taken back, and everything starts afresh', async () => {
  const records = seconds(0, 61).map(record);
  const whole = await driveStage({ stage: stage(), records });
  const written = whole.outputs.filter(({ topic }) => topic === 'instantdyno.state.v1');
  equal(written.length, 1);
  const kept = { key: written[0]!.key!.toString(), value: written[0]!.value! };
  const ofOtherEpoch = { ...kept, key: kept.key.replace('[1,', '[2,') };
  const identity = { stage: 'instantdyno', epoch: 1, partition: 0, topics: [] };
  const stateRecords = [kept, ofOtherEpoch];
  const started = startGraph(stage().graph({ identity, restored: [], stateRecords, partitionsOf: () => 1 }));
  const batch = batchOf('dyno.tier-seconds.v1', records, 0, records.length, 0);
  const outputs = started.push({ ...batch, replayed: false }) as ProduceOutput[];
  deepEqual([outputs[0]!.key?.toString(), outputs[0]!.value], [kept.key, null]);
  deepEqual(outputs.slice(1), whole.outputs);
});

/** Seconds with values by chance; some lack a value, a host or a source; now and then nothing for a while. */
function chanceLog(seed: number): BlockMessage[] {
  const random = new Random(seed);
  const messages: BlockMessage[] = [];
  let endS = 0;
  for (let i = 0; i < 150; i++) {
    endS += random.chance(0.03) ? random.between(2, 90) : 1;
    for (let source = 0; source < sources; source++) {
      const hosts = ['a', 'b', 'c', 'd'].flatMap((name, at) => {
        const value = () => (random.chance(0.05) ? Number.NaN : random.between(0, 1_000) / 7);
        const tier = at < 2 ? 'web' : `t${at}`;
        const host = {
          host: name + source,
          tier,
          generation: at === 0 ? 'NHM' : '',
          values: [value(), value(), value()],
        };
        return random.chance(0.7) ? [host] : [];
      });
      messages.push(block(source, endS, hosts), marker(source, endS));
    }
  }
  return messages;
}
const steps = fc.array(
  fc.record({ size: fc.integer({ min: 0, max: 150 }), end: fc.constantFrom('nothing', 'commit', 'commit', 'crash') }),
  { maxLength: 12, size: 'max' },
);

for (const entitiesMax of [256, 3])
  test(`crashes at any point and batches of any size change no byte, with at most ${entitiesMax} entities`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), steps, async (seed, steps) => {
        const records = chanceLog(seed).map(record);
        const whole = await driveStage({ stage: stage({ entitiesMax }), records });
        const broken = await driveStage({ stage: stage({ entitiesMax }), records, steps });
        equal(broken.outputs.length, whole.outputs.length);
        for (const [i, { key, value }] of broken.outputs.entries()) {
          equal(key?.toString(), whole.outputs[i]!.key?.toString());
          deepEqual(value, whole.outputs[i]!.value);
        }
        deepEqual(broken.checkpoint, whole.checkpoint);
      }),
      { numRuns: 12 },
    );
  });
