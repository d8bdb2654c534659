import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import fc from 'fast-check';
import { blockCodec } from './block-codec.ts';
import { blockKinds } from './block-kinds.ts';
import type { BlockIdentity, HostWindowsBlock, TierSecondsBlock } from './blocks.ts';

const schemaId = 7;

const identity: fc.Arbitrary<BlockIdentity> = fc.record({
  host: fc.string({ minLength: 1, unit: 'grapheme' }),
  tier: fc.constantFrom('web', 'cache'),
  service: fc.string(),
  region: fc.constantFrom('', 'snc'),
  serverType: fc.constantFrom('I', 'II'),
  generation: fc.constant('NHM'),
  build: fc.string(),
  pool: fc.string(),
  server: fc.string(),
});
const head = {
  windowEndMs: fc.integer({ min: 0, max: 2 ** 50 }),
  source: fc.nat(),
  sources: fc.nat(),
  epoch: fc.nat(),
  part: fc.nat(),
  parts: fc.nat(),
};
const doubles = (length: number) => fc.float64Array({ minLength: length, maxLength: length });

const tierSeconds: fc.Arbitrary<TierSecondsBlock> = fc
  .tuple(fc.array(identity, { maxLength: 4 }), fc.array(fc.string(), { maxLength: 3 }))
  .chain(([hosts, metrics]) =>
    fc.record({
      kind: fc.constant('tier-seconds' as const),
      ...head,
      windowMs: fc.constant(1_000),
      hosts: fc.constant(hosts),
      metrics: fc.constant(metrics),
      values: doubles(hosts.length * metrics.length),
    }),
  );

const app = fc.option(
  fc.array(fc.tuple(fc.string(), fc.double())).map((entries) => new Map(entries)),
  { nil: undefined },
);
const hostWindows: fc.Arbitrary<HostWindowsBlock> = fc.array(identity, { maxLength: 4 }).chain((hosts) =>
  fc.record({
    kind: fc.constant('host-windows' as const),
    ...head,
    windowMs: fc.constant(10_000),
    hosts: fc.constant(hosts),
    catalogueVersion: fc.nat(),
    values: fc.float32Array({ minLength: hosts.length * 3, maxLength: hosts.length * 3 }),
    samples: fc.uint8Array({ minLength: hosts.length * 3, maxLength: hosts.length * 3 }),
    app: fc.array(app, { minLength: hosts.length, maxLength: hosts.length }),
  }),
);

/** The body that avsc makes of a record. */
function byAvsc(branch: string, record: unknown, schemaJson: string): string {
  const type = avro.Type.forSchema(JSON.parse(schemaJson), { wrapUnions: 'auto', omitRecordMethods: true });
  return type.toBuffer({ [branch]: record }).toString('hex');
}

const body = (value: Buffer): string => value.subarray(5).toString('hex');

test('a tier-seconds block is the bytes that avsc writes, the first time and the next', () => {
  const codec = blockCodec('tier-seconds');
  fc.assert(
    fc.property(tierSeconds, (block) => {
      const expected = byAvsc('dyno.v1.TierSecondsBlock', blockKinds['tier-seconds'].toRecord(block), codec.schemaJson);
      for (let time = 0; time < 2; time++) equal(body(codec.encode(block, schemaId)), expected);
    }),
    { numRuns: 50 },
  );
});

test('a host-windows block is the bytes that avsc writes, with application values and without', () => {
  const codec = blockCodec('host-windows');
  fc.assert(
    fc.property(hostWindows, (block) => {
      const expected = byAvsc('dyno.v1.HostWindowsBlock', blockKinds['host-windows'].toRecord(block), codec.schemaJson);
      for (let time = 0; time < 2; time++) equal(body(codec.encode(block, schemaId)), expected);
    }),
    { numRuns: 50 },
  );
});
