import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import test from 'node:test';
import { hasCode, isRetryable } from '../../base/errors.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import type { Cleanup } from '../port.ts';
import { embeddedForTests } from '../testing/embedded-for-tests.ts';
import { readPlain, record } from '../testing/plain-records.ts';
import type { EmbeddedLog } from './open-embedded-log.ts';

const hourMs = 3_600_000;
const at = { topic: 't', partition: 0 };

async function opened(cleanup: Cleanup, options: { retentionMs?: number; bytesMax?: number } = {}) {
  const clock = new VirtualClock();
  const embedded = await embeddedForTests({ clock, ...options });
  await embedded.log.createTopics([{ name: 't', partitions: 1, cleanup, retentionMs: 24 * hourMs }]);
  return { clock, ...embedded };
}

const send = async (log: EmbeddedLog, key: string, value: string | null) => {
  const producer = await log.producer();
  await producer.send([record(at, key, value)]);
};

test('records older than the retention go by themselves, the offsets stay, also over a restart', async () => {
  const { log, clock, reopen, cleanup } = await opened('delete', { retentionMs: hourMs });
  await send(log, 'k', 'old');
  await clock.advance(hourMs / 2);
  await send(log, 'k', 'newer');
  await clock.advance(hourMs / 2 + 5_000);
  deepEqual(await readPlain(log, at), [{ offset: 1, key: 'k', value: 'newer' }]);
  await clock.advance(hourMs);
  deepEqual(await log.topicState('t'), { topic: 't', startOffsets: [2], endOffsets: [2] });
  const again = await reopen();
  deepEqual(await again.topicState('t'), { topic: 't', startOffsets: [2], endOffsets: [2] });
  await send(again, 'k', 'after');
  deepEqual(await readPlain(again, at), [{ offset: 2, key: 'k', value: 'after' }]);
  await cleanup();
});

test('a subscriber that was away too long goes on at the first record kept', async () => {
  const { log, clock, cleanup } = await opened('delete', { retentionMs: hourMs });
  for (let i = 0; i < 5; i += 1) await send(log, 'k', `old ${i}`);
  await clock.advance(2 * hourMs);
  await send(log, 'k', 'kept');
  deepEqual(await readPlain(log, at, 2), [{ offset: 5, key: 'k', value: 'kept' }]);
  await cleanup();
});

test('a compacted topic keeps the newest record of each key however old it is', async () => {
  const { log, clock, cleanup } = await opened('compact', { retentionMs: hourMs });
  await send(log, 'a', 'kept');
  await clock.advance(5 * hourMs);
  deepEqual(
    (await readPlain(log, at)).map((each) => each.value),
    ['kept'],
  );
  await cleanup();
});

test('a compacted topic with deletion loses what is old', async () => {
  const { log, clock, cleanup } = await opened('compact+delete', { retentionMs: hourMs });
  await send(log, 'a', 'old');
  await clock.advance(2 * hourMs);
  deepEqual(await readPlain(log, at), []);
  await cleanup();
});

test('a deletion is visible for the retention, then compaction removes it too', async () => {
  const { log, clock, cleanup } = await opened('compact', { retentionMs: hourMs });
  await send(log, 'a', 'value');
  await send(log, 'a', null);
  await send(log, 'b', 'value');
  await log.compactNow('t');
  deepEqual(
    (await readPlain(log, at)).map((each) => each.offset),
    [1, 2],
  );
  await clock.advance(2 * hourMs);
  await log.compactNow('t');
  deepEqual(
    (await readPlain(log, at)).map((each) => each.offset),
    [2],
  );
  await cleanup();
});

test('thousands of updates of a few keys are compacted without being asked', async () => {
  const { log, clock, reopen, cleanup } = await opened('compact');
  const producer = await log.producer();
  const round = Array.from({ length: 100 }, (_, i) => record(at, `key ${i}`, 'v'));
  for (let i = 0; i < 50; i += 1) await producer.send(round);
  await clock.advance(3_000);
  equal((await readPlain(log, at)).length, 100);
  equal((await readPlain(await reopen(), at)).length, 100);
  await cleanup();
});

test('the oldest records go when the log is larger than its bound', async () => {
  const { log, clock, cleanup } = await opened('delete', { bytesMax: 2_000_000 });
  const producer = await log.producer();
  for (let i = 0; i < 100; i += 1) await producer.send([record(at, 'k', `${i} ${'x'.repeat(100_000)}`)]);
  await clock.advance(5_000);
  ok(log.usedBytes() <= 2_000_000, `${log.usedBytes()} bytes are in use`);
  const values = (await readPlain(log, at)).map((each) => Number.parseInt(String(each.value), 10));
  deepEqual(
    values,
    Array.from({ length: values.length }, (_, i) => 100 - values.length + i),
  );
  ok(values.length >= 10);
  await cleanup();
});

test('a log full of what must be kept refuses appends whole, and says that they may be tried again', async () => {
  const { log, cleanup } = await opened('compact', { bytesMax: 1_000_000 });
  const producer = await log.producer();
  const big = 'x'.repeat(100_000);
  const fill = async () => {
    for (let i = 0; i < 50; i += 1) await producer.send([record(at, `key ${i}`, big), record(at, `other ${i}`, 'v')]);
  };
  await rejects(fill(), (error) => hasCode(error, 'DYNO_LOG_DISK_FULL') && isRetryable(error));
  const { endOffsets } = await log.topicState('t');
  equal((await readPlain(log, at)).length, endOffsets[0]);
  equal(endOffsets[0]! % 2, 0, 'half of an append was kept');
  await cleanup();
});
