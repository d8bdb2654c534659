import { deepEqual, equal, match } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import type { ProduceRecord } from '../../log/port.ts';
import { embeddedForTests } from '../../log/testing/embedded-for-tests.ts';
import { encodeBlockMessage } from '../../schemas/block-codec.ts';
import { codecOf } from '../../schemas/codec.ts';
import type { SystemInfo } from '../../schemas/records.ts';
import { LiveFleet } from '../live-fleet.ts';
import { hostNames, type SyntheticTier, secondOf } from '../testing/synthetic-fleet.ts';
import { followLog } from './follow-log.ts';
import { tierTable } from './tier-table.ts';

const blocksTopic = 'dyno.tier-seconds.v1';
const infoTopic = 'dyno.systeminfo.v1';
const schemas: Record<number, string> = { 1: codecOf(blocksTopic).schemaJson, 2: codecOf(infoTopic).schemaJson };
const schemaJsonOf = async (schemaId: number) => schemas[schemaId] ?? '';

const web: SyntheticTier = { tier: 'web.prod', service: 'web', hosts: hostNames('web', 4), cpu: () => 0.5 };
const secondMs = 1_700_000_000_000;

const blocks = (second: number): ProduceRecord[] =>
  secondOf([web], { endMs: secondMs + second * 1_000, sources: 2 }).map((message) => ({
    topic: blocksTopic,
    partition: 0,
    key: Buffer.from('web.prod'),
    value: encodeBlockMessage(message, 1),
  }));

const systemInfo = (host: string, simulated: boolean): ProduceRecord => ({
  topic: infoTopic,
  partition: 0,
  key: Buffer.from(host),
  value: codecOf(infoTopic).encode({ ...plainSystem, host, simulated }, 2),
});

const plainSystem: Omit<SystemInfo, 'host' | 'simulated'> = {
  timeMs: secondMs,
  agentVersion: '0.1.0',
  intervalMs: 1_000,
  bootTimeMs: 0,
  os: 'Debian',
  kernel: '6.1',
  architecture: 'x86_64',
  virtualization: 'kvm',
  cpuModel: '',
  generation: 'NHM',
  sockets: 1,
  physicalCores: 2,
  logicalCpus: 2,
  numaNodes: 1,
  memoryBytes: 1,
  swapBytes: 0,
  disks: [],
  nics: [],
  unavailable: new Map([['requests_per_s', 'not_reported']]),
};

async function logFor(t: TestContext) {
  const { log, cleanup } = await embeddedForTests();
  t.after(cleanup);
  const topic = { partitions: 1, retentionMs: 3_600_000 };
  await log.createTopics([
    { ...topic, name: blocksTopic, cleanup: 'delete' },
    { ...topic, name: infoTopic, cleanup: 'compact' },
  ]);
  const producer = await log.producer();
  t.after(() => producer.close());
  return { log, send: (records: readonly ProduceRecord[]) => producer.send(records) };
}

const newFleet = () => new LiveFleet({ epoch: 1, thisHost: 'x', rcuOf: () => 1 });
const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
};

test('the table fills from the log: seconds of before, new seconds, and what SystemInfo says', async (t) => {
  const { log, send } = await logFor(t);
  await send([systemInfo('web0000', true), systemInfo('web0001', false), ...blocks(1), ...blocks(2)]);
  const fleet = newFleet();
  const followed = followLog({ log, fleet, schemaJsonOf });
  await until(() => fleet.newestMs === secondMs + 2_000 && fleet.isSimulated('web0001') !== undefined);
  await send(blocks(3));
  await until(() => fleet.newestMs === secondMs + 3_000);
  const row = tierTable(fleet, 0).tiers[0];
  deepEqual(
    [row?.hosts, row?.simulated_hosts, row?.unknown_origin_hosts, row?.cpu?.p50, row?.missing['hits_per_s']],
    [4, 1, 2, 0.5, 'not_reported'],
  );
  equal(followed.problem(), undefined);
  await followed.stop();
});

test('a record that cannot be read costs itself only, and is counted', async (t) => {
  const { log, send } = await logFor(t);
  const broken = { topic: blocksTopic, partition: 0, key: null, value: Buffer.from([0, 0, 0, 0, 1, 250]) };
  await send([...blocks(1), broken, { ...broken, value: Buffer.from('no prefix') }, ...blocks(2)]);
  const fleet = newFleet();
  const followed = followLog({ log, fleet, schemaJsonOf });
  await until(() => fleet.newestMs === secondMs + 2_000);
  equal(followed.undecodable(), 2);
  await followed.stop();
});

test('while the registry is away reading stands still and says so; then nothing is missing and nothing is counted twice', async (t) => {
  const { log, send } = await logFor(t);
  await send([...blocks(1), ...blocks(2)]);
  const fleet = newFleet();
  const clock = new VirtualClock();
  let isAway = true;
  const followed = followLog({
    log,
    fleet,
    clock,
    schemaJsonOf: (schemaId) => (isAway ? Promise.reject(new Error('connection refused')) : schemaJsonOf(schemaId)),
  });
  await until(() => followed.problem()?.includes('lost') === true);
  match(followed.problem() ?? '', /could not be fetched from the registry \(connection refused\)/);
  isAway = false;
  await clock.advance(2_000);
  await until(() => fleet.newestMs === secondMs + 2_000);
  equal(tierTable(fleet, 0).tiers[0]?.cpu_hosts, 4);
  equal(followed.problem(), undefined);
  await followed.stop();
});

test('only a bounded part of the past is read', async (t) => {
  const { log, send } = await logFor(t);
  for (let second = 1; second <= 20; second++) await send(blocks(second));
  const fleet = newFleet();
  const followed = followLog({ log, fleet, schemaJsonOf, backlogRecordsMax: 8 });
  await until(() => fleet.newestMs === secondMs + 20_000);
  equal(tierTable(fleet, 0).tiers[0]?.spark.filter((value) => value !== null).length, 1);
  await followed.stop();
});
