import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DynoError, hasCode } from '../base/errors.ts';
import { blockCodec, encodeBlockMessage } from './block-codec.ts';
import { headOf, headRecordOf } from './block-head.ts';
import {
  type BlockIdentity,
  type CorrelationsBlock,
  correlationFigures,
  type HostWindowsBlock,
  type TierSecondsBlock,
  type TierWindowsBlock,
  type WindowMarker,
} from './blocks.ts';
import { packNumbers } from './packed-numbers.ts';

const place = (host: string): BlockIdentity => ({
  host,
  tier: 'web',
  service: 'www',
  region: 'snc',
  serverType: 'I',
  generation: 'NHM',
  build: '',
  pool: 'web-snc',
  server: host,
});
const head = { windowEndMs: 1_000, source: 0, sources: 2, epoch: 1, part: 0, parts: 1 };
const tierSeconds: TierSecondsBlock = {
  kind: 'tier-seconds',
  ...head,
  windowMs: 1_000,
  hosts: [place('web1'), place('web2')],
  metrics: ['requests_per_s', 'cpu_busy_ratio', 'load1'],
  values: Float64Array.of(48, 52, 0.5, 0.1 + 0.2, Number.NaN, -0),
};
const hostWindows: HostWindowsBlock = {
  kind: 'host-windows',
  ...head,
  windowEndMs: 10_000,
  windowMs: 10_000,
  hosts: [place('web1'), place('web2')],
  catalogueVersion: 3,
  values: Float32Array.of(1.5, Number.NaN),
  samples: Uint8Array.of(10, 0),
  app: [new Map([['cache_hits', 7.25]]), undefined],
};
const marker: WindowMarker = {
  kind: 'marker',
  source: 1,
  sources: 2,
  epoch: 1,
  windowMs: 1_000,
  closedThroughMs: 5_000,
};

const taught = <K extends 'tier-seconds' | 'host-windows'>(kind: K) => {
  const codec = blockCodec(kind);
  codec.addSchema(7, codec.schemaJson);
  return codec;
};

test('a tier-seconds block comes back bit for bit', () => {
  deepEqual(taught('tier-seconds').decode(encodeBlockMessage(tierSeconds, 7)), tierSeconds);
});

test('a host-windows block comes back with samples and application values', () => {
  deepEqual(taught('host-windows').decode(encodeBlockMessage(hostWindows, 7)), hostWindows);
});

test('a marker has the same bytes on every topic of blocks', () => {
  const value = encodeBlockMessage(marker, 7);
  deepEqual(taught('tier-seconds').decode(value), marker);
  deepEqual(taught('host-windows').decode(value), marker);
});

test('strings that hosts share are written once', () => {
  const bytesOf = (count: number) => {
    const hosts = Array.from({ length: count }, (_, i) => place(`web${i}`));
    return encodeBlockMessage({ ...tierSeconds, hosts, metrics: [], values: new Float64Array(0) }, 7).length;
  };
  // Nine 4-byte positions and the name of the host itself, nothing of tier, service or region.
  equal(bytesOf(90) - bytesOf(80), 10 * (9 * 4 + 1 + 'web80'.length));
});

test('an id that was not taught is retryable, bytes without a prefix are not', () => {
  const codec = taught('tier-seconds');
  throws(() => codec.decode(encodeBlockMessage(tierSeconds, 8)), { code: 'DYNO_SCHEMA_UNKNOWN', retryable: true });
  throws(() => codec.decode(Buffer.from('plain')), { code: 'DYNO_SCHEMA_MALFORMED', retryable: false });
});

test('columns that do not fit the hosts are refused on both sides', () => {
  const short = { ...tierSeconds, values: Float64Array.of(1, 2, 3) };
  throws(() => encodeBlockMessage(short, 7), /values holds 3 values, expected 6/);
});

test('a block cut anywhere is malformed, never another error', () => {
  const codec = taught('host-windows');
  const whole = encodeBlockMessage(hostWindows, 7);
  for (let length = 0; length < whole.length; length++) {
    throws(() => codec.decode(whole.subarray(0, length)), { code: 'DYNO_SCHEMA_MALFORMED' });
  }
});

test('any bytes give a block, a marker or DYNO_SCHEMA_MALFORMED', () => {
  const codec = taught('host-windows');
  const whole = encodeBlockMessage(hostWindows, 7);
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(damage, (changes) => {
      const value = Buffer.from(whole);
      for (const [at, byte] of changes) if (at >= 5) value[at] = byte;
      try {
        codec.decode(value);
      } catch (error) {
        if (!hasCode(error, 'DYNO_SCHEMA_MALFORMED')) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a count that the buffer cannot hold is refused at once', () => {
  const value = encodeBlockMessage(marker, 7);
  const claims = Buffer.concat([value.subarray(0, 5), Buffer.from([0, ...new Array(9).fill(0xff), 1])]);
  throws(() => taught('tier-seconds').decode(claims), DynoError);
});

test('a tier-windows block comes back bit for bit, and misfitting columns are refused', () => {
  const block: TierWindowsBlock = {
    kind: 'tier-windows',
    windowEndMs: 60_000,
    windowMs: 60_000,
    source: 1,
    sources: 2,
    epoch: 1,
    part: 0,
    parts: 1,
    tier: 'web',
    service: 'www',
    catalogueVersion: 1,
    cells: [
      { region: '', serverType: '' },
      { region: 'snc', serverType: 'I' },
    ],
    rowCells: Int32Array.of(0, 1),
    rowCounters: Int32Array.of(3, 3),
    rowHosts: Int32Array.of(10, 4),
    rowSamples: Int32Array.of(600, 240),
    figures: Float32Array.from({ length: 18 }, (_, i) => i / 3),
    sketches: [Buffer.from([1, 2, 3]), Buffer.alloc(0)],
  };
  const codec = blockCodec('tier-windows');
  codec.addSchema(7, codec.schemaJson);
  deepEqual(codec.decode(encodeBlockMessage(block, 7)), block);
  throws(() => encodeBlockMessage({ ...block, sketches: [] }, 7), /sketches holds 0 values, expected 2/);
});

test('an identity that an older writer did not know is empty', () => {
  const record = {
    ...headRecordOf(tierSeconds),
    identity_columns: ['host'],
    identities: packNumbers(Int32Array.of(0, 1)),
  };
  const dictionary = ['web1', 'web2'];
  deepEqual(
    headOf({ ...record, dictionary }).hosts.map(({ host, tier, server }) => [host, tier, server]),
    [
      ['web1', '', ''],
      ['web2', '', ''],
    ],
  );
});

test('a correlations block comes back bit for bit, and misfitting columns are refused', () => {
  const block: CorrelationsBlock = {
    kind: 'correlations',
    windowEndMs: 1_700_000_001_000,
    windowMs: 1_000,
    source: 1,
    sources: 4,
    epoch: 1,
    part: 0,
    parts: 1,
    tier: 'web',
    metrics: ['requests_per_s', 'duration_avg_ms'],
    entities: [{ generation: 'SNB', host: 'web1' }],
    rowEntities: Int32Array.of(0),
    rowX: Int32Array.of(0),
    rowY: Int32Array.of(1),
    rowWindowsS: Int32Array.of(60),
    figures: Float64Array.from(correlationFigures, (_, i) => (i === 2 ? Number.NaN : 0.1 * i)),
  };
  const codec = blockCodec('correlations');
  codec.addSchema(7, codec.schemaJson);
  deepEqual(codec.decode(codec.encode(block, 7)), block);
  const refused = (wrong: Partial<CorrelationsBlock>) =>
    throws(() => codec.encode({ ...block, ...wrong }, 7), { code: 'DYNO_SCHEMA_UNWRITABLE' });
  refused({ figures: new Float64Array(15) });
  refused({ rowX: Int32Array.of(0, 1) });
  refused({ rowY: Int32Array.of(2) });
  refused({ rowEntities: Int32Array.of(-1) });
});
