import { deepEqual, equal, ok } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type BadRecord, produceBadRecords } from '../../system/bad-records.ts';
import { until } from '../../system/running.ts';
import { checkDeadLetters } from './check-dead-letters.ts';
import { extent } from './extent.ts';
import { KafkaWorld } from './kafka-world.ts';

/** A frozen worker that wakes learns at its next step that its task has another owner. */
const fencedMs = 30_000;

/** Workers 1, 2, 3, −1, +1, three killed, one frozen within a commit until others own its tasks. */
export async function workersComeAndGo(t: TestContext): Promise<void> {
  const world = await KafkaWorld.open(t);
  const bad: BadRecord[] = [];
  let running = [world.addWorker()];
  await went(world, 'the first worker', 1);
  for (let round = 0; round < extent.workerRounds; round++) {
    while (running.length < 3) {
      running.push(world.addWorker());
      await went(world, `worker ${running.length}`, running.length);
    }
    equal(await running.shift()!.signal('SIGTERM'), 0);
    await went(world, 'a worker was stopped', 2);
    running.push(world.addWorker());
    await went(world, 'a worker was added', 3);
    // Rejected records are outputs like others: the death of whoever rejects them may not double them.
    bad.push(...(await produceBadRecords(world.log, world.countersSchemaId, Date.now())).bad);
    for (const victim of running) {
      await victim.signal('SIGKILL');
      world.addWorker();
      await went(world, 'a worker was killed', 3);
    }
    await frozen(world);
    running = world.workers.filter((worker) => worker.running);
    for (const more of running.splice(1)) equal(await more.signal('SIGTERM'), 0, more.stderr);
    await went(world, 'all but one were stopped', 1);
  }
  const { ledger, says } = await world.end();
  t.diagnostic(says);
  const { workerRounds: rounds } = extent;
  const { undecodable, skewed, late } = ledger;
  deepEqual({ undecodable, skewed, late }, { undecodable: 3 * rounds, skewed: rounds, late: rounds });
  await checkDeadLetters(world.log, bad);
}

/** With a transaction open and its offsets in it, for as long as it takes until all tasks go on elsewhere. */
async function frozen(world: KafkaWorld): Promise<void> {
  const at = { stage: 'windows', point: 'after_offsets', passage: 3, signal: 'SIGSTOP' } as const;
  const zombie = world.addWorkerThatStops(at);
  await world.hasMembers(4, 'a worker that will freeze was added');
  await zombie.event(({ event }) => event === 'at_point');
  await went(world, 'a worker froze', 3);
  process.kill(zombie.pid, 'SIGCONT');
  await until('word of the frozen worker that it was fenced', fencedMs, async () =>
    /another owner took this transactional id over/.test(zombie.stderr) ? true : undefined,
  );
  await went(world, 'the frozen worker woke', 4);
  ok(zombie.running, `the worker that was frozen goes on; it said:\n${zombie.stderr}`);
}

async function went(world: KafkaWorld, what: string, members: number): Promise<void> {
  await world.hasMembers(members, what);
  await world.goesOn(what);
}
