import type { Checked } from '../check/check-world.ts';
import { endFaults, oneFault } from './faults.ts';
import { settleAndCheck } from './settle.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** Rounds of chance: something happens, then time passes. */
const roundsMax = 18;
/** In one world of four tables forget tokens so soon that the question for the newest window must hold the line. */
const tokensOf = (seed: number): number => (seed % 4 === 0 ? 40 : 1_000);

/** One world of chance from its seed, to its end, checked. The same seed is the same world, event for event. */
export async function runSeed(seed: number): Promise<Checked> {
  const world = new SimulatedWorld({ seed, tokensMax: tokensOf(seed) });
  const { random, clock, fleet } = world;
  world.registry.away = random.chance(0.1);
  world.start();
  fleet.start();
  const rounds = random.between(6, roundsMax);
  for (let round = 0; round < rounds; round++) {
    oneFault(world);
    await clock.advance(random.between(10, 9_000));
  }
  endFaults(world);
  return settleAndCheck(world);
}
