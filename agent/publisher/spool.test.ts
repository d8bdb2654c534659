import { deepEqual, equal, throws } from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Spool, type WriteAt } from './spool.ts';
import type { SpoolRecord } from './spool-segment.ts';

const schemaA = 'aaaaaaaaaaaaaaaa';
const schemaB = 'bbbbbbbbbbbbbbbb';
const record = (text: string): SpoolRecord => ({ key: Buffer.from('host'), value: Buffer.from(text) });
const texts = (records: readonly SpoolRecord[] | undefined) => records?.map(({ value }) => value.toString());

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'spool-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Given {
  readonly folder: string;
  readonly bytesMax?: number;
  readonly segmentBytesMax?: number;
  readonly write?: WriteAt;
}

function openSpool({ folder, bytesMax = 1_000_000, ...rest }: Given) {
  const drops: string[] = [];
  const onDrop = (reason: string, records: number) => drops.push(`${reason} ${records}`);
  return { spool: new Spool({ folder, bytesMax, onDrop, ...rest }), drops };
}

/** What the files of a folder hold: never more than the spool says. */
const bytesOnDisk = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

/** All records, taken off batch by batch. */
function drained(spool: Spool, bytesMax = 40): string[] {
  const all: string[] = [];
  for (let batch = spool.oldest(bytesMax); batch !== undefined; batch = spool.oldest(bytesMax)) {
    all.push(...(texts(batch.records) ?? []));
    spool.remove(batch);
  }
  return all;
}

test('records come out in the order they went in, across segments', (context) => {
  const { spool } = openSpool({ folder: folderOf(context), segmentBytesMax: 80 });
  const written = Array.from({ length: 20 }, (_, i) => `r${i}`);
  for (const text of written) spool.append(schemaA, [record(text)]);
  equal(spool.records, 20);
  deepEqual(drained(spool), written);
  deepEqual([spool.records, spool.bytes], [0, 0]);
});

test('a batch that was not acknowledged comes again', (context) => {
  const { spool } = openSpool({ folder: folderOf(context) });
  spool.append(schemaA, [record('one'), record('two')]);
  deepEqual(texts(spool.oldest(1_000)?.records), ['one', 'two']);
  spool.keep();
  deepEqual(texts(spool.oldest(1_000)?.records), ['one', 'two']);
});

test('a restart finds what was left, after the part that was acknowledged', (context) => {
  const folder = folderOf(context);
  const before = openSpool({ folder }).spool;
  before.append(schemaA, ['one', 'two', 'three'].map(record));
  const batch = before.oldest(1);
  if (batch !== undefined) before.remove(batch);
  const after = openSpool({ folder }).spool;
  equal(after.records, 2);
  after.append(schemaA, [record('four')]);
  deepEqual(drained(after), ['two', 'three', 'four']);
});

test('records of two schemas never share a batch', (context) => {
  const { spool } = openSpool({ folder: folderOf(context) });
  spool.append(schemaA, [record('old')]);
  spool.append(schemaB, [record('new')]);
  const first = spool.oldest(1_000);
  deepEqual([first?.fingerprint, texts(first?.records)], [schemaA, ['old']]);
});

test('a file cut anywhere keeps every whole record before the cut', (context) => {
  const folder = folderOf(context);
  fc.assert(
    fc.property(fc.nat({ max: 23 + 5 * 19 }), (cut) => {
      const inner = mkdtempSync(join(folder, 'cut-'));
      const { spool } = openSpool({ folder: inner });
      spool.append(schemaA, ['r0', 'r1', 'r2', 'r3', 'r4'].map(record));
      spool.close();
      truncateSync(join(inner, readdirSync(inner)[0]!), cut);
      // A frame is 8 + 2 + 4 + 2 = 16 bytes behind a head of 24.
      const whole = Math.max(0, Math.min(5, Math.floor((cut - 24) / 16)));
      const after = openSpool({ folder: inner }).spool;
      after.append(schemaA, [record('rx')]);
      deepEqual(drained(after), ['r0', 'r1', 'r2', 'r3', 'r4'].slice(0, whole).concat('rx'));
    }),
    { numRuns: 40 },
  );
});

test('a torn or damaged tail is cut off', (context) => {
  const folder = folderOf(context);
  const before = openSpool({ folder }).spool;
  before.append(schemaA, [record('whole'), record('damaged')]);
  before.close();
  const path = join(folder, readdirSync(folder)[0]!);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  appendFileSync(path, 'garbage');
  const { spool } = openSpool({ folder });
  equal(bytesOnDisk(folder), spool.bytes);
  deepEqual(drained(spool), ['whole']);
});

test('a foreign file under a segment name is left alone', (context) => {
  const folder = folderOf(context);
  const path = join(folder, 'spool-000000000007.seg');
  writeFileSync(path, 'this is somebody else’s file, not a segment');
  const { spool } = openSpool({ folder });
  spool.append(schemaA, [record('mine')]);
  deepEqual(drained(spool), ['mine']);
  equal(readdirSync(folder).includes('spool-000000000007.seg'), true);
});

test('over the bound the oldest go, and are counted', (context) => {
  const { spool, drops } = openSpool({ folder: folderOf(context), bytesMax: 800 });
  const written = Array.from({ length: 100 }, (_, i) => `record ${String(i).padStart(3, '0')}`);
  for (const text of written) spool.append(schemaA, [record(text)]);
  equal(spool.bytes <= 800, true);
  const dropped = drops.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
  equal(dropped + spool.records, 100);
  deepEqual(drained(spool), written.slice(dropped));
});

test('the segment that is being sent is not dropped', (context) => {
  const { spool } = openSpool({ folder: folderOf(context), bytesMax: 800 });
  for (let i = 0; i < 30; i++) spool.append(schemaA, [record(`early ${i}`)]);
  const sending = spool.oldest(1);
  for (let i = 0; i < 100; i++) spool.append(schemaA, [record(`later ${i}`)]);
  const before = spool.records;
  if (sending !== undefined) spool.remove(sending);
  equal(spool.records, before - 1);
});

test('a full disk drops what does not fit, whole records only, and goes on when there is room again', (context) => {
  const folder = folderOf(context);
  let room = 24 + 2 * 16 + 5;
  const write: WriteAt = (fd, bytes, offset, length, position) => {
    if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const fits = Math.min(room, length);
    room -= fits;
    return writeSync(fd, bytes, offset, fits, position);
  };
  const { spool, drops } = openSpool({ folder, write });
  for (const text of ['r0', 'r1', 'r2', 'r3']) spool.append(schemaA, [record(text)]);
  deepEqual(drops, ['spool_unwritable 1', 'spool_unwritable 1']);
  equal(bytesOnDisk(folder), spool.bytes);
  room = 10_000;
  spool.append(schemaA, [record('r4')]);
  equal(spool.records, 3);
  spool.close();
  deepEqual(drained(openSpool({ folder }).spool), ['r0', 'r1', 'r4']);
});

test('a segment that the disk does not give now is kept, and comes when it does', (context) => {
  const folder = folderOf(context);
  const { spool, drops } = openSpool({ folder });
  spool.append(schemaA, ['one', 'two'].map(record));
  const path = join(folder, readdirSync(folder).find((name) => name.endsWith('.seg'))!);
  renameSync(path, `${path}.aside`);
  mkdirSync(path);
  throws(() => spool.oldest(1_000), { code: 'DYNO_AGENT_SPOOL_UNREADABLE', retryable: true });
  deepEqual([spool.records, drops], [2, []]);
  rmdirSync(path);
  renameSync(`${path}.aside`, path);
  deepEqual(drained(spool), ['one', 'two']);
});

test('a segment that was taken away is dropped and counted', (context) => {
  const folder = folderOf(context);
  const { spool, drops } = openSpool({ folder });
  spool.append(schemaA, ['one', 'two'].map(record));
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  equal(spool.oldest(1_000), undefined);
  deepEqual([spool.records, drops], [0, ['spool_unwritable 2']]);
});
