import { equal, ok } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { extent } from './extent.ts';
import { KafkaWorld } from './kafka-world.ts';
import { registryAwayAtStart, registryAwayMidStream } from './registry-away.ts';

/** As a partition without a leader looks to its clients: connections stay, nobody answers. */
const leaderAwayMs = 8_000;

/** Registry and broker go away, one after the other, while a fleet and workers go on. */
export async function serversAway(t: TestContext): Promise<void> {
  const world = await KafkaWorld.open(t);
  await registryAwayAtStart(world);
  world.addWorker();
  await world.goesOn('the second worker');
  await registryAwayMidStream(world);
  await brokerAway(world);
  for (const worker of world.workers) ok(worker.running, `every worker outlives them; it said:\n${worker.stderr}`);
  const { ledger, missedSeconds, says } = await world.end();
  t.diagnostic(says);
  equal(ledger.undecodable + ledger.skewed + ledger.late, 0, 'no sample is lost to a 10-s window');
  ok(missedSeconds > 0, 'samples that came after their second was closed are counted');
}

/** The broker stops in order, is killed, and stands still. */
async function brokerAway(world: KafkaWorld): Promise<void> {
  const { broker } = world.place;
  for (let stop = 1; stop <= extent.brokerStops; stop++) {
    await broker.stop();
    await broker.restart();
    await world.goesOn(`orderly stop ${stop} of the broker`);
    await broker.kill();
    await broker.restart();
    await world.goesOn(`kill -9 ${stop} of the broker`);
  }
  broker.freeze();
  await wait(leaderAwayMs);
  broker.thaw();
  await world.goesOn(`${leaderAwayMs} ms without an answer of the broker`);
}
