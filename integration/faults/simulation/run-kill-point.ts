import { ok } from 'node:assert/strict';
import { endFaults } from './faults.ts';
import { settleAndCheck } from './settle.ts';
import type { CrashPoint } from './simulated-process.ts';
import type { StageName } from './simulated-stages.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** Every place of a crash, and which of the stages pass it. */
export const killPoints: readonly { readonly point: CrashPoint; readonly stages: readonly StageName[] }[] = [
  ...(['before_begin', 'after_begin', 'after_send', 'after_offsets'] as const).map((point) => ({
    point,
    stages: ['windows', 'tiers', 'instantdyno'] as const,
  })),
  ...(['before_insert', 'insert_applied', 'after_insert'] as const).map((point) => ({
    point,
    stages: ['clickhouse', 'raw'] as const,
  })),
  ...(['after_commit', 'before_own', 'after_own', 'rebuilding'] as const).map((point) => ({
    point,
    stages: ['windows', 'tiers', 'instantdyno', 'clickhouse', 'raw'] as const,
  })),
];

const killsMax = 3;

/** A world in which processes die at one point, at a passage that chance chooses, three times; checked at its end. */
export async function runKillPoint(point: CrashPoint, stage: StageName, seed: number): Promise<void> {
  const world = new SimulatedWorld({ seed });
  const { clock, random, fleet } = world;
  let kills = 0;
  // Rebuilds are rare: there the first passage counts.
  const passages = (): number => (point === 'rebuilding' ? 1 : random.between(1, 6));
  let passagesLeft = passages();
  const start = (): void => {
    world.start({
      at: (passing, passed, { log }) => {
        if (passing !== stage || passed !== point || kills === killsMax || log.state !== 'running') return;
        if (--passagesLeft > 0) return;
        kills++;
        passagesLeft = passages();
        log.kill();
        clock.after(random.between(100, 9_000), start);
      },
    });
  };
  start();
  start();
  fleet.start();
  // Stopping a process moves its tasks: take-overs and rebuilds happen although nothing was killed yet.
  for (let round = 0; round < 4 || (kills === 0 && round < 20); round++) {
    await clock.advance(random.between(9_000, 14_000));
    const running = world.processes.filter(({ log }) => log.state === 'running');
    if (running.length > 1) void random.pick(running).stop();
    else start();
  }
  const died = kills;
  endFaults(world);
  await settleAndCheck(world);
  ok(died > 0, `no process passed ${point} of ${stage}`);
}
