import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { hasCode } from '../../base/errors.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { Collector } from '../testing/collector.ts';
import { embeddedForTests } from '../testing/embedded-for-tests.ts';
import { readBatches, readPlain, record } from '../testing/plain-records.ts';
import { openEmbeddedLog } from './open-embedded-log.ts';

const topic = { name: 't', partitions: 2, cleanup: 'delete', retentionMs: 3_600_000 } as const;
const at = { topic: 't', partition: 0 };

test('a folder in use is refused with the folder and the holder, and is free after a close', async () => {
  const { log, dir, cleanup } = await embeddedForTests();
  await rejects(openEmbeddedLog({ dir, clock: systemClock }), (error: Error) => {
    match(error.message, new RegExp(`${dir}.*process ${process.pid}`));
    return hasCode(error, 'DYNO_LOG_DIR_IN_USE');
  });
  await log.close();
  equal(existsSync(join(dir, 'holder.json')), false);
  await (await openEmbeddedLog({ dir, clock: systemClock })).close();
  await cleanup();
});

const stale: [says: string, holder: string][] = [
  ['a process that is gone', JSON.stringify({ pid: 4_194_304, startTicks: '1', bootId: bootId() })],
  ['a pid that another program has now', JSON.stringify({ pid: process.pid, startTicks: '1', bootId: bootId() })],
  ['an earlier start of the machine', JSON.stringify({ pid: process.pid, startTicks: '1', bootId: 'earlier' })],
  ['a process killed while it wrote its name', '{"pid": 1'],
];
for (const [says, holder] of stale) {
  test(`the hold of ${says} is taken over`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'dyno-log-'));
    writeFileSync(join(dir, 'holder.json'), holder);
    const log = await openEmbeddedLog({ dir, clock: systemClock });
    equal(JSON.parse(readFileSync(join(dir, 'holder.json'), 'utf8')).pid, process.pid);
    await log.close();
    rmSync(dir, { recursive: true });
  });
}

test('after the machine went down, a torn block is refused before anyone reads from the log', async () => {
  const { log, dir, cleanup } = await embeddedForTests();
  await log.createTopics([topic]);
  const value = `here it is ${'x'.repeat(5_000)}`;
  await (await log.producer()).send([record(at, 'k', value)]);
  await log.close();
  const file = join(dir, 'lmdb', 'data.mdb');
  const bytes = readFileSync(file);
  bytes.write('torn', bytes.indexOf('here it is'));
  writeFileSync(file, bytes);
  const holder = JSON.stringify({ pid: 1, startTicks: '1', bootId: 'earlier' });
  writeFileSync(join(dir, 'holder.json'), holder);
  await rejects(openEmbeddedLog({ dir, clock: systemClock }), (error) => hasCode(error, 'DYNO_LOG_TORN'));
  await cleanup();
});

test('an append time never falls, even when the clock is set back or the log is opened again', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'dyno-log-'));
  const times: number[] = [];
  for (const nowMs of [5_000, 3_000]) {
    const log = await openEmbeddedLog({ dir, clock: new VirtualClock(nowMs) });
    await log.createTopics([topic]);
    await (await log.producer()).send([record(at, null, 'v')]);
    times.push(...(await readBatches(log, at)).flatMap((batch) => [...batch.appendTimesMs]));
    await log.close();
  }
  deepEqual(times, [5_000, 5_000, 5_000]);
  rmSync(dir, { recursive: true });
});

test('a second member of a group is refused until the first has left', async () => {
  const { log, cleanup } = await embeddedForTests();
  await log.createTopics([topic]);
  const first = await Collector.start({ log, group: 'g', topics: ['t'] });
  const start = () => Collector.start({ log, group: 'g', topics: ['t'] });
  await rejects(start, (error) => hasCode(error, 'DYNO_LOG_GROUP_IN_USE'));
  await first.subscription.stop();
  await (await start()).subscription.stop();
  await cleanup();
});

test('a batch belongs to its reader: later appends and reads do not change it', async () => {
  const { log, cleanup } = await embeddedForTests();
  await log.createTopics([topic]);
  const producer = await log.producer();
  await producer.send([record(at, 'k', 'first')]);
  const [batch] = await readBatches(log, at);
  for (let i = 0; i < 50; i += 1) {
    await producer.send([record(at, 'k', `other ${i}`)]);
    await readPlain(log, at);
  }
  equal(batch!.values.at(0)!.toString(), 'first');
  await cleanup();
});

test('all values of a batch lie in one buffer', async () => {
  const { log, cleanup } = await embeddedForTests();
  await log.createTopics([topic]);
  const producer = await log.producer();
  for (let i = 0; i < 20; i += 1) await producer.send([record(at, 'k', 'v'.repeat(3_000))]);
  const batches = await readBatches(log, at);
  equal(batches.length, 1);
  equal(new Set(Array.from(batches[0]!.values, (value) => value!.buffer)).size, 1);
  await cleanup();
});

test('a partition with much to read does not keep another from being read', async () => {
  const { log, cleanup } = await embeddedForTests();
  await log.createTopics([topic]);
  const producer = await log.producer();
  for (let i = 0; i < 6; i += 1) {
    await producer.send(Array.from({ length: 5_000 }, () => record(at, 'k', 'v')));
  }
  await producer.send([record({ topic: 't', partition: 1 }, 'k', 'small')]);
  const collector = await Collector.start({ log, group: 'g', topics: ['t'] });
  await collector.until(() => collector.batches.length >= 2);
  deepEqual(
    collector.batches
      .slice(0, 2)
      .map((batch) => batch.partition)
      .sort(),
    [0, 1],
  );
  await collector.subscription.stop();
  await cleanup();
});

const refused: [says: string, code: string, send: { topic: string; partition: number; bytes: number }][] = [
  ['an unknown topic', 'DYNO_LOG_TOPIC_UNKNOWN', { topic: 'none', partition: 0, bytes: 1 }],
  ['a partition that is not there', 'DYNO_LOG_TOPIC_UNKNOWN', { topic: 't', partition: 2, bytes: 1 }],
  ['a record over one megabyte', 'DYNO_LOG_RECORD_TOO_LARGE', { topic: 't', partition: 0, bytes: 1_000_001 }],
];
for (const [says, code, { topic: name, partition, bytes }] of refused) {
  test(`${says} is refused with all that was sent along`, async () => {
    const { log, cleanup } = await embeddedForTests();
    await log.createTopics([topic]);
    const producer = await log.producer();
    const sent = [record(at, null, 'along'), record({ topic: name, partition }, null, 'x'.repeat(bytes))];
    await rejects(producer.send(sent), (error) => hasCode(error, code));
    deepEqual(await readPlain(log, at), []);
    await cleanup();
  });
}

test('a listener that rejects kills its subscription, loudly', async () => {
  const { log, cleanup } = await embeddedForTests();
  await log.createTopics([topic]);
  const fault = new Error('fault of the listener');
  const collector = await Collector.start({ log, group: 'g', topics: ['t'], onBatch: () => Promise.reject(fault) });
  await (await log.producer()).send([record(at, null, 'v')]);
  await rejects(
    collector.until(() => false),
    (error: Error) => error.cause === fault,
  );
  await cleanup();
});

test('closing the log waits for the batch under way', async () => {
  const { log, cleanup } = await embeddedForTests();
  await log.createTopics([topic]);
  await (await log.producer()).send([record(at, null, 'v')]);
  let release: () => void = () => {};
  const onBatch = () =>
    new Promise<void>((resolve) => {
      release = resolve;
    });
  const collector = await Collector.start({ log, group: 'g', topics: ['t'], onBatch });
  await collector.until(() => collector.batches.length === 1);
  const closing = log.close();
  equal(collector.running, 1);
  release();
  await closing;
  equal(collector.running, 0);
  await rejects(log.producer(), (error) => hasCode(error, 'DYNO_LOG_CLOSED'));
  await cleanup();
});

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
