import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCounterDecoder } from '../../native/counter-decoder.ts';
import type { ProduceOutput } from '../../pipelines/runtime/stage.ts';
import { driveStage, type LogRecord } from '../../pipelines/testing/drive-stage.ts';
import { windowsStage } from '../../pipelines/windows.ts';
import { blockCodec, encodeBlockMessage } from '../../schemas/block-codec.ts';
import { counters } from '../../schemas/counters.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';
import { encodeHostCounters } from '../../schemas/host-counters-codec.ts';
import { yieldToOthers } from '../program/yield-to-others.ts';
import { type Expected, type ExpectedHost, type ExpectedWindow, expectedWindows } from './expected-windows.ts';

yieldToOthers();

const schemaId = 7;
const metrics = ['cpu_busy_ratio', 'load_1min', 'hits_per_s'];
const stage = () =>
  windowsStage({
    decoder: createCounterDecoder(),
    schemaById: (id) => Promise.resolve(id === schemaId ? hostCountersSchema() : undefined),
    placements: { placementAt: () => undefined },
    metrics,
    encode: (_, message) => encodeBlockMessage(message, schemaId),
  });

const anyNumber = fc.oneof(fc.double(), fc.constant(Number.NaN), fc.double({ min: 0, max: 1, noNaN: true }));
const delayMs = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(200, 400, 900, 1_400, 3_000) },
  { weight: 2, arbitrary: fc.constantFrom(8_000, 14_000, 17_000, 26_000) },
  { weight: 1, arbitrary: fc.constantFrom(90_000, -40_000, -61_000, -3_600_000) },
);
const kind = fc.oneof(
  { weight: 12, arbitrary: fc.constant('data' as const) },
  { weight: 2, arbitrary: fc.constant('tick' as const) },
  { weight: 1, arbitrary: fc.constantFrom('cut', 'magic', 'schema', 'empty') },
);
const gapMs = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(0, 3, 20, 250, 700, 1_500) },
  { weight: 3, arbitrary: fc.constantFrom(4_900, 5_000) },
  { weight: 1, arbitrary: fc.constantFrom(5_001, 30_000) },
);
const host = fc.constantFrom('web1', 'web2', 'é');
const seed = fc.array(anyNumber, { minLength: 3, maxLength: 3 });
const app = fc.option(fc.double(), { freq: 3 });
/** Enough seconds of ticks at the end close every window, or there are none. */
const steps = fc.record({
  made: fc.array(fc.record({ gapMs, delayMs, host, seed, app, kind }), { maxLength: 70, size: 'max' }),
  idleS: fc.constantFrom(0, 3, 60),
});
type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never;

const tick = (appendMs: number): LogRecord => ({
  appendMs,
  value: null,
  headers: { 'dyno-kind': Buffer.from('tick') },
});

const toLog = ({ made, idleS }: Steps): LogRecord[] => {
  let appendMs = 1_700_000_000_000;
  const log = made.map(({ gapMs, delayMs, host, seed, app, kind }): LogRecord => {
    appendMs += gapMs;
    if (kind === 'tick') return tick(appendMs);
    if (kind === 'empty') return { appendMs, value: null };
    const timeMs = Math.floor((appendMs - delayMs) / 1_000) * 1_000;
    const values = Float64Array.from(counters, (_, i) => seed[i % 3]! * (i % 7 === 0 ? 1 : i + 1));
    const sample = { host, timeMs, intervalMs: 1_000, sequence: 0, values };
    const named = app === null ? sample : { ...sample, app: new Map([['hits_per_s', app]]) };
    const value = encodeHostCounters(named, kind === 'schema' ? 8 : schemaId);
    if (kind === 'magic') value[0] = 1;
    return { appendMs, key: Buffer.from(host), value: kind === 'cut' ? value.subarray(0, value.length - 3) : value };
  });
  return [...log, ...Array.from({ length: idleS }, (_, i) => tick(appendMs + (i + 1) * 1_000))];
};

const oracleOf = (log: readonly LogRecord[]): Expected =>
  expectedWindows(
    log.map(({ appendMs, value, headers }, offset) => ({ offset, appendMs, value, headers })),
    { schemas: new Map([[schemaId, hostCountersSchema()]]), catalogue: counters, metrics },
  );

/** Windows as text of every bit, in the order given. */
const inWords = ({ windowMs, endMs, hosts }: ExpectedWindow): string[] =>
  [...hosts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([host, { values, samples, app }]) =>
      JSON.stringify([
        windowMs,
        endMs,
        host,
        bits(windowMs, values),
        samples,
        [...app].map(([n, v]) => [n, bits(0, [v])]),
      ]),
    );
const bits = (windowMs: number, values: readonly number[]): string =>
  Buffer.from(windowMs === 10_000 ? Float32Array.from(values).buffer : Float64Array.from(values).buffer).toString(
    'hex',
  );

const codecs = [blockCodec('tier-seconds'), blockCodec('host-windows')] as const;
for (const codec of codecs) codec.addSchema(schemaId, codec.schemaJson);

const windowsIn = (outputs: readonly ProduceOutput[]): string[] =>
  outputs.flatMap(({ topic, value }) => {
    if (topic.endsWith('.dlq')) return [];
    const block = (topic === 'dyno.tier-seconds.v1' ? codecs[0] : codecs[1]).decode(value!);
    if (block.kind === 'marker') return [];
    const count = block.hosts.length;
    const hosts = block.hosts.map(({ host }, i): [string, ExpectedHost] => {
      const column = (of: ArrayLike<number>) => Array.from({ length: of.length / count }, (_, c) => of[c * count + i]!);
      const values = column(block.values);
      if (block.kind === 'tier-seconds') return [host, { values, samples: [], app: new Map() }];
      return [host, { values, samples: column(block.samples), app: block.app[i] ?? new Map() }];
    });
    return inWords({ windowMs: block.windowMs as 1_000 | 10_000, endMs: block.windowEndMs, hosts: new Map(hosts) });
  });

const closedThrough = (outputs: readonly ProduceOutput[], topic: string, codec: (typeof codecs)[number]): number => {
  const markers = outputs.flatMap((output) => {
    const message = output.topic === topic && output.key === null ? codec.decode(output.value!) : undefined;
    return message?.kind === 'marker' ? [message.closedThroughMs] : [];
  });
  return Math.max(Number.NEGATIVE_INFINITY, ...markers);
};

test('the windows stage gives what plain loops give, on random logs', async () => {
  await fc.assert(
    fc.asyncProperty(steps.map(toLog), async (log) => {
      const expected = oracleOf(log);
      const { outputs, stats } = await driveStage({ stage: stage(), records: log });
      deepEqual(windowsIn(outputs), expected.windows.flatMap(inWords));
      const classes = [...expected.classOf.values()];
      const count = (name: string) => classes.filter((found) => found === name).length;
      for (const name of ['windowed', 'undecodable', 'skewed', 'late', 'duplicate'])
        equal(stats[name], count(name), name);
      equal(stats['in'], classes.length - count('tick'));
      equal(stats['missed_seconds'], expected.missedSeconds);
      equal(closedThrough(outputs, 'dyno.tier-seconds.v1', codecs[0]), expected.closedThroughMs[1000]);
      equal(closedThrough(outputs, 'dyno.host-windows.v1', codecs[1]), expected.closedThroughMs[10000]);
    }),
    { numRuns: 150 },
  );
});

const happenings = fc.array(
  fc.record({ size: fc.integer({ min: 0, max: 25 }), end: fc.constantFrom('nothing', 'commit', 'commit', 'crash') }),
);

test('crashes at any point and batches of any size change no byte of what the stage writes', async () => {
  await fc.assert(
    fc.asyncProperty(steps.map(toLog), happenings, async (log, steps) => {
      const whole = await driveStage({ stage: stage(), records: log });
      const broken = await driveStage({ stage: stage(), records: log, steps });
      deepEqual(broken.outputs, whole.outputs);
      deepEqual(broken.stats, whole.stats);
      deepEqual(broken.checkpoint, whole.checkpoint);
    }),
    { numRuns: 100 },
  );
});
