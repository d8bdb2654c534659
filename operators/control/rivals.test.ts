import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { ControlWorld, request } from './testing/control-world.ts';

/** A controller of another group gave a command under this lease, and the adapter obeyed it. */
function obeysAnother(world: ControlWorld, { epoch, seq }: { readonly epoch: number; readonly seq: number }): void {
  world.hear({ kind: 'applied', epoch, seq, status: 'applied', readBack: world.pool, wallMs: world.wallMs });
}

test('rail fenced: a number of its own lease that it has not given yet is of somebody who took the same lease', () => {
  const world = ControlWorld.ramping();
  const before = world.commands.length;
  obeysAnother(world, { epoch: world.state.epoch, seq: world.state.seq + 1 });
  const { action, rail } = world.step();
  deepEqual([action, rail], ['freeze', 'fenced']);
  world.step(30);
  equal(world.commands.length, before);
});

test('rail takeover: beside the test of a controller of an older lease none begins until its commands have expired', () => {
  const world = new ControlWorld();
  world.hear({ kind: 'takeover', epoch: 5 });
  world.step();
  world.hear({ kind: 'start', request });
  // Renewed every two seconds, as a test is.
  for (let s = 0; s < 60; s++) {
    if (s % 2 === 0) obeysAnother(world, { epoch: 4, seq: 20 + s });
    deepEqual([world.step().action, world.lastDecision.rail], ['nothing', 'takeover']);
  }
  const begins = world.secondsUntil(({ action }) => action === 'start', 30);
  ok(begins !== undefined && begins > 10 && begins < 17, `${begins}`);
});

test('what another lease ordered and was refused, or what was only looked at, holds nobody', () => {
  const world = new ControlWorld();
  world.hear({ kind: 'takeover', epoch: 5 });
  world.step();
  for (const status of ['rejected_fenced', 'reverted_expired', 'observed'])
    world.hear({ kind: 'applied', epoch: 4, seq: 20, status, readBack: world.pool, wallMs: world.wallMs });
  world.hear({ kind: 'start', request });
  equal(world.step().action, 'start');
});
