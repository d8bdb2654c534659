import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../base/testing/random.ts';
import { Program } from '../program/program.ts';
import { keepEveryPart } from './keep-every-part.ts';

export interface KillRounds {
  readonly dataDir: string;
  readonly kills: number;
  readonly random: Random;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly say: (words: string) => void;
}

/** Longest time from the start until a kill: most of these come while the program is still starting. */
const killWithinMs = 9_000;
/** Every other kill is timed from `ready`, so that a slow machine does not see starts only. */
const killWithinOfReadyMs = 6_000;
/** The last run goes on this long: the catching-up hold (20 s), a window, its lateness, the sink. */
const settleMs = 75_000;

/**
 * Starts the program, kills it at a random moment with SIGKILL, starts it again on the same data, so many times; then
 * lets it settle and stops it in order. Answers how many kills hit the start (before `ready`).
 */
export async function killRounds({ dataDir, kills, random, env = {}, args = [], say }: KillRounds): Promise<number> {
  await keepEveryPart(dataDir);
  let early = 0;
  const start = (): Program =>
    new Program({ args: ['start', '--json', '--port', '0', '--data', dataDir, '--hosts', '36', ...args], env });
  for (let kill = 1; kill <= kills; kill++) {
    const program = start();
    // A moment in wall-clock time is the point here: the kill must come at no particular place.
    if (kill % 2 === 0) await program.event(({ event }) => event === 'ready');
    await wait(kill % 2 === 0 ? random.between(0, killWithinOfReadyMs) : random.between(300, killWithinMs));
    if (!program.running) throw new Error(`the program ended by itself in round ${kill}; it said:\n${program.stderr}`);
    if (program.events.length === 0) early++;
    await program.signal('SIGKILL');
    say(`kill ${kill} of ${kills}${program.events.length === 0 ? ' (while starting)' : ''}`);
  }
  const last = start();
  await last.event(({ event }) => event === 'ready');
  await wait(settleMs);
  const stoppedAt = Date.now();
  const code = await last.signal('SIGINT');
  if (code !== 0) throw new Error(`the program ended with ${code} after SIGINT; it said:\n${last.stderr}`);
  say(`stopped in order within ${Date.now() - stoppedAt} ms`);
  return early;
}
