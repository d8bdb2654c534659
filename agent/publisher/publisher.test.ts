import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import type { ProduceRecord, Producer } from '../../log/port.ts';
import { counters } from '../../schemas/counters.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';
import { hostCountersCodec } from '../../schemas/host-counters-codec.ts';
import { schemaIdOf } from '../../schemas/wire-format.ts';
import type { HostSample } from '../sample.ts';
import type { PublisherEvent } from './events.ts';
import { type PublisherOptions, type PublisherStats, startPublisher } from './publisher.ts';

const counterCodec = hostCountersCodec();
const startMs = 1_700_000_000_000;

/** The log at the port's edge: keeps what is sent, and is up, down (rejects), hanging, or slow (until released). */
class FakeLog {
  state: 'up' | 'down' | 'hanging' | 'slow' = 'up';
  readonly records: ProduceRecord[] = [];
  release = () => {};
  sends = 0;
  opened = 0;

  readonly producer = async (): Promise<Producer> => {
    this.opened++;
    return {
      send: (records) => this.#send(records),
      close: async () => {},
    };
  };

  async #send(records: readonly ProduceRecord[]): Promise<void> {
    this.sends++;
    if (this.state === 'down') throw new Error('broker away');
    if (this.state === 'hanging') return new Promise(() => {});
    if (this.state === 'slow') await new Promise<void>((resolve) => (this.release = resolve));
    this.records.push(...records);
  }

  /** `host@second` of every counter record, in log order. */
  get samples(): string[] {
    return this.records
      .filter(({ topic }) => topic === 'dyno.counters.v1')
      .map(({ value }) => {
        const schemaId = schemaIdOf(value!)!;
        if (!counterCodec.knowsSchema(schemaId)) counterCodec.addSchema(schemaId, counterCodec.schemaJson);
        const { host, timeMs } = counterCodec.decode(value!);
        return `${host}@${(timeMs - startMs) / 1_000}`;
      });
  }
}

/** A registry that is up (answers one id for all), or away. */
class FakeRegistry {
  up = true;
  id = 5;
  readonly fetch: typeof fetch = async () => {
    if (!this.up) throw new Error('connect ECONNREFUSED');
    return new Response(JSON.stringify({ id: this.id }));
  };
}

function world(context: TestContext, over: Partial<PublisherOptions> = {}) {
  const spoolDir = mkdtempSync(join(tmpdir(), 'publisher-'));
  context.after(() => rmSync(spoolDir, { recursive: true, force: true }));
  const clock = new VirtualClock(startMs);
  const log = new FakeLog();
  const registry = new FakeRegistry();
  const events: PublisherEvent[] = [];
  const schemaJson = hostCountersSchema();
  const options: PublisherOptions = {
    name: 'agent',
    producer: log.producer,
    registryUrl: 'http://registry.test',
    spoolDir,
    spoolBytesMax: 10_000_000,
    counters: { topic: 'dyno.counters.v1', partitions: 4, schemaJson, counterCount: counters.length },
    systemInfo: { topic: 'dyno.systeminfo.v1', partitions: 4, schemaJson: '"string"' },
    onEvent: (event) => events.push(event),
    clock,
    random: () => 1,
    fetch: registry.fetch,
    ...over,
  };
  return { clock, log, registry, events, spoolDir, start: () => startPublisher(options) };
}

const sampleAt = (second: number, host = 'a'): HostSample => ({
  host,
  timeMs: startMs + second * 1_000,
  intervalMs: 1_000,
  sequence: second,
  values: new Float64Array(counters.length).fill(Number.NaN),
});
const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `a@${from + i}`);

function balanced(stats: PublisherStats): void {
  const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
  equal(stats.sampled + stats.recovered, stats.sent + stats.spooledRecords + stats.pending + dropped);
}

test('a healthy log gets one send a second and the disk is not touched', async (context) => {
  const { clock, log, spoolDir, start } = world(context);
  const publisher = await start();
  for (let second = 0; second < 10; second++) {
    publisher.publish([sampleAt(second, 'a'), sampleAt(second, 'b')]);
    await clock.advance(1_000);
  }
  equal(log.sends, 10);
  equal(log.opened, 1);
  deepEqual(log.samples.slice(0, 3), ['a@0', 'b@0', 'a@1']);
  equal(existsSync(join(spoolDir, 'counters')), false);
  balanced(publisher.stats());
  await publisher.close();
});

test('a host’s records have its name as key and Kafka’s partition of it', async (context) => {
  const { clock, log, start } = world(context);
  const publisher = await start();
  publisher.publish([sampleAt(0, 'web12222.snc2')]);
  await clock.advance(0);
  const [{ key, partition, topic } = log.records[0]!] = log.records;
  // murmur2("web12222.snc2") & 0x7fffffff, modulo 4 partitions, as kafkajs's own partitioner has it.
  deepEqual([topic, key?.toString(), partition], ['dyno.counters.v1', 'web12222.snc2', 1]);
  await publisher.close();
});

for (const outage of ['down', 'hanging'] as const)
  test(`after an outage (${outage}) every sample arrives, in order, through a new producer`, async (context) => {
    const { clock, log, events, start } = world(context);
    const publisher = await start();
    for (let second = 0; second < 60; second++) {
      log.state = second >= 10 && second < 40 ? outage : 'up';
      publisher.publish([sampleAt(second)]);
      balanced(publisher.stats());
      await clock.advance(1_000);
    }
    deepEqual(log.samples, range(0, 60));
    const stats = publisher.stats();
    deepEqual([stats.mode, stats.sent, stats.spooledRecords], ['direct', 60, 0]);
    deepEqual(
      events.map(({ kind }) => kind),
      ['spooling', 'caught_up'],
    );
    equal(log.opened > 1, true);
    await publisher.close();
  });

test('a batch of the spool is sent at most about 500 KB at a time', async (context) => {
  const { clock, log, start } = world(context);
  const publisher = await start();
  log.state = 'down';
  const fleet = Array.from({ length: 2_000 }, (_, i) => `host${i}`);
  for (let second = 0; second < 3; second++) {
    publisher.publish(fleet.map((host) => sampleAt(second, host)));
    await clock.advance(1_000);
  }
  log.state = 'up';
  const sendsBefore = log.sends;
  await clock.advance(10_000);
  equal(log.records.length, 6_000);
  equal(log.sends - sendsBefore > 2, true);
  await publisher.close();
});

test('what a stopped publisher could not send is sent by the next one, before new samples', async (context) => {
  const { clock, log, start } = world(context);
  const first = await start();
  log.state = 'down';
  for (let second = 0; second < 5; second++) {
    first.publish([sampleAt(second)]);
    await clock.advance(1_000);
  }
  const closing = first.close();
  await clock.advance(2_000);
  await closing;
  log.state = 'up';
  const second = await start();
  equal(second.stats().recovered, 5);
  second.publish([sampleAt(5)]);
  await clock.advance(1_000);
  deepEqual(log.samples, range(0, 6));
  balanced(second.stats());
  await second.close();
});

test('samples in memory at the stop are flushed, or kept on disk when the log hangs', async (context) => {
  const { clock, log, start } = world(context);
  const publisher = await start();
  log.state = 'hanging';
  publisher.publish([sampleAt(0)]);
  publisher.publish([sampleAt(1)]);
  let closedAtMs = 0;
  const closing = publisher.close(2_000).then(() => (closedAtMs = clock.nowMs()));
  await clock.advance(10_000);
  await closing;
  equal(closedAtMs - startMs <= 3_000, true, `closed after ${closedAtMs - startMs} ms`);
  log.state = 'up';
  const next = await start();
  await clock.advance(1_000);
  deepEqual(log.samples, range(0, 2));
  await next.close();
});

test('a full disk costs samples, counted and told once, and later sampling goes on', async (context) => {
  const writeSpool = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  const { clock, log, events, start } = world(context, { writeSpool });
  const publisher = await start();
  for (let second = 0; second < 20; second++) {
    log.state = second >= 5 && second < 15 ? 'down' : 'up';
    publisher.publish([sampleAt(second)]);
    await clock.advance(1_000);
  }
  const stats = publisher.stats();
  deepEqual([stats.sent, stats.dropped.spool_unwritable, stats.mode], [10, 10, 'direct']);
  balanced(stats);
  deepEqual(log.samples, [...range(0, 5), ...range(15, 20)]);
  deepEqual(
    events.map(({ kind }) => kind),
    ['spooling', 'dropping', 'caught_up'],
  );
  await publisher.close();
});

test('beyond the bound of the spool the oldest are lost, counted, and the rest arrives in order', async (context) => {
  const { clock, log, start } = world(context, { spoolBytesMax: 8_000 });
  const publisher = await start();
  log.state = 'down';
  for (let second = 0; second < 100; second++) {
    publisher.publish([sampleAt(second)]);
    await clock.advance(1_000);
  }
  const { dropped } = publisher.stats();
  equal(dropped.spool_full > 0, true);
  log.state = 'up';
  await clock.advance(5_000);
  deepEqual(log.samples, range(dropped.spool_full, 100));
  balanced(publisher.stats());
  await publisher.close();
});

test('with the registry away at the first start samples wait on disk and go out with the id it tells later', async (context) => {
  const { clock, log, registry, events, start } = world(context);
  registry.up = false;
  const publisher = await start();
  for (let second = 0; second < 3; second++) {
    publisher.publish([sampleAt(second)]);
    await clock.advance(1_000);
  }
  equal(log.records.length, 0);
  registry.up = true;
  registry.id = 77;
  await clock.advance(5_000);
  deepEqual(log.samples, range(0, 3));
  equal(schemaIdOf(log.records[0]!.value!), 77);
  deepEqual(
    events.map(({ kind }) => kind).filter((kind) => kind !== 'registry_away'),
    ['spooling', 'caught_up'],
  );
  await publisher.close();
});

test('with the registry away at a restart samples go out with the id of the run before', async (context) => {
  const { clock, log, registry, start } = world(context);
  registry.id = 31;
  await (await start()).close();
  registry.up = false;
  const publisher = await start();
  publisher.publish([sampleAt(0)]);
  await clock.advance(100);
  equal(schemaIdOf(log.records[0]!.value!), 31);
  equal(publisher.stats().mode, 'direct');
  await publisher.close();
});

test('a registry that was made anew meanwhile is believed once it answers', async (context) => {
  const { clock, log, registry, start } = world(context);
  registry.id = 31;
  await (await start()).close();
  registry.up = false;
  registry.id = 1;
  const publisher = await start();
  for (let second = 0; second < 30; second++) {
    if (second === 5) registry.up = true;
    publisher.publish([sampleAt(second)]);
    await clock.advance(1_000);
  }
  const ids = log.records.map(({ value }) => schemaIdOf(value!));
  deepEqual([ids[0], ids.at(-1)], [31, 1]);
  await publisher.close();
});

test('of a host’s SystemInfo the newest arrives once the log is back', async (context) => {
  const { clock, log, start } = world(context);
  const publisher = await start();
  log.state = 'down';
  publisher.publishSystemInfo('a', Buffer.from('\0\0\0\0\0old'));
  await clock.advance(100);
  publisher.publishSystemInfo('a', Buffer.from('\0\0\0\0\0new'));
  publisher.publishSystemInfo('b', Buffer.from('\0\0\0\0\0b'));
  log.state = 'up';
  await clock.advance(3_000);
  deepEqual(
    log.records.map(({ topic, key, value }) => `${topic} ${key} ${value!.readInt32BE(1)} ${value!.subarray(5)}`),
    ['dyno.systeminfo.v1 a 5 new', 'dyno.systeminfo.v1 b 5 b'],
  );
  await publisher.close();
});

test('a SystemInfo that changes while the one before is being sent is sent too', async (context) => {
  const { clock, log, start } = world(context);
  const publisher = await start();
  log.state = 'slow';
  publisher.publishSystemInfo('a', Buffer.from('\0\0\0\0\0old'));
  await clock.advance(10);
  publisher.publishSystemInfo('a', Buffer.from('\0\0\0\0\0new'));
  log.state = 'up';
  log.release();
  await clock.advance(1_000);
  deepEqual(
    log.records.map(({ value }) => value!.toString('utf8', 5)),
    ['old', 'new'],
  );
  await publisher.close();
});

test('a sample that cannot be encoded is counted and the others of its batch arrive', async (context) => {
  const { clock, log, start } = world(context);
  const publisher = await start();
  publisher.publish([{ ...sampleAt(0), values: new Float64Array(1) }, sampleAt(0, 'b')]);
  await clock.advance(0);
  deepEqual(log.samples, ['b@0']);
  equal(publisher.stats().dropped.unencodable, 1);
  balanced(publisher.stats());
  await publisher.close();
});

test('a second publisher on one spool is refused with folder and pid, and may have it after a close', async (context) => {
  const { spoolDir, start } = world(context);
  const first = await start();
  await rejects(start(), (error: Error) => {
    match(error.message, new RegExp(`${spoolDir} is in use by process ${process.pid}`));
    return hasCode(error, 'DYNO_AGENT_SPOOL_IN_USE');
  });
  await first.close();
  await (await start()).close();
  equal(existsSync(join(spoolDir, 'holder.json')), false);
});

test('the hold of a killed agent is taken over', async (context) => {
  const { spoolDir, start } = world(context);
  writeFileSync(join(spoolDir, 'holder.json'), JSON.stringify({ pid: 4_194_304, startTicks: '1', bootId: 'x' }));
  await (await start()).close();
});

test('kept segments are gone from the disk once all is sent', async (context) => {
  const { clock, log, spoolDir, start } = world(context);
  const publisher = await start();
  log.state = 'down';
  publisher.publish([sampleAt(0)]);
  await clock.advance(500);
  equal(readdirSync(join(spoolDir, 'counters')).length, 1);
  log.state = 'up';
  await clock.advance(5_000);
  deepEqual(readdirSync(join(spoolDir, 'counters')), []);
  await publisher.close();
});
