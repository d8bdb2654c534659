import { equal, ok } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Program } from '../../program/program.ts';
import { until } from '../../system/running.ts';
import { extent } from './extent.ts';
import { KafkaWorld } from './kafka-world.ts';

/** A frozen worker that wakes learns at its next step that its task has another owner. */
const fencedMs = 30_000;

/** Workers 1, 2, 3, −1, +1, three killed, one frozen within a commit until others own its tasks. */
export async function workersComeAndGo(t: TestContext): Promise<void> {
  const world = await KafkaWorld.open(t);
  let running: Program[] = [world.addWorker()];
  await world.goesOn('the first worker');
  for (let round = 0; round < extent.workerRounds; round++) {
    while (running.length < 3) {
      running.push(world.addWorker());
      await world.goesOn(`worker ${running.length}`);
    }
    equal(await running.shift()!.signal('SIGTERM'), 0);
    await world.goesOn('a worker was stopped');
    running.push(world.addWorker());
    await world.goesOn('a worker was added');
    for (const victim of running) {
      await victim.signal('SIGKILL');
      world.addWorker();
      await world.goesOn('a worker was killed');
    }
    await frozen(world);
    running = world.workers.filter((worker) => worker.running);
  }
  const { ledger, says } = await world.end();
  t.diagnostic(says);
  equal(ledger.undecodable + ledger.skewed + ledger.late, 0);
}

/** With a transaction open and its offsets in it, for as long as it takes until all tasks go on elsewhere. */
async function frozen(world: KafkaWorld): Promise<void> {
  const at = { stage: 'windows', point: 'after_offsets', passage: 3, signal: 'SIGSTOP' } as const;
  const zombie = world.addWorkerThatStops(at);
  await zombie.event(({ event }) => event === 'at_point');
  await world.goesOn('a worker froze');
  process.kill(zombie.pid, 'SIGCONT');
  await until('word of the frozen worker that it was fenced', fencedMs, async () =>
    /another owner took this transactional id over/.test(zombie.stderr) ? true : undefined,
  );
  await world.goesOn('the frozen worker woke');
  ok(zombie.running, `the worker that was frozen goes on; it said:\n${zombie.stderr}`);
}
