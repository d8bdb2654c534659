import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { ControlWorld, request, type WorldNow } from './testing/control-world.ts';

type Answer = NonNullable<WorldNow['answer']>;

/** A world of which a test is asked that is only to be rehearsed, and which answers so. */
function asked(answer: Answer): ControlWorld {
  const world = new ControlWorld();
  world.step(5);
  world.now = { answer };
  world.hear({ kind: 'start', request: { ...request, dryRun: true } });
  world.step();
  return world;
}

/** What stands there is read back, as it is. */
const takes: Answer = ({ weights }) => ({
  status: 'dry_run',
  readBack: weights.map(({ server }) => ({ server, weight: 100 })),
});

test('a dry run says what would be tested, lets the adapter check the highest weights once, and rests', () => {
  const world = asked(takes);
  equal(world.commands.length, 1);
  deepEqual([world.lastDecision.runId, world.commands[0]!.runId], [request.runId, request.runId]);
  const [command] = world.commands;
  deepEqual(
    [command!.mode, command!.dryRun, command!.weights.filter(({ weight }) => weight !== 100).length],
    ['test', true, 8],
  );
  ok(command!.weights.every(({ server, weight }) => weight === (request.panel.includes(server) ? 200 : 100)));
  match(
    world.lastDecision.reason,
    /^dry run: 8 hosts of NHM on build b1 in web-pool would be tested; highest weights h1 200, /,
  );
  deepEqual(world.step().reason, 'dry run: the adapter would have set these weights');
  deepEqual([world.last?.result?.outcome, world.last?.result?.estimate], ['dry_run', undefined]);
  world.step(600);
  deepEqual([world.state.phase, world.commands.length], ['idle', 1]);
  ok([...world.weights.values()].every((weight) => weight === 100));
});

test('a dry run that the adapter would refuse says so', () => {
  const world = asked(() => ({ status: 'rejected_rails', readBack: [] }));
  equal(world.step().reason, 'dry run: the adapter answered rejected_rails');
});

test('a dry run whose weights were written is a fault, not an answer', () => {
  const world = asked(() => ({ status: 'applied', readBack: [] }));
  equal(world.step().reason, 'dry run: the adapter answered applied');
});

test('a dry run without an answer ends after 3 s', () => {
  const world = asked(() => undefined);
  equal(world.step(3).reason, 'dry run: the answer of the balancer is due');
  equal(world.step().reason, 'dry run: the adapter did not answer');
  equal(world.state.phase, 'cooldown');
});

test('a kill switch freezes a dry run as it freezes a test', () => {
  const world = asked(() => undefined);
  world.now = { killSwitch: true };
  equal(world.step().action, 'freeze');
  world.now = {};
  world.step(5);
  deepEqual([world.state.rehearsal, world.commands.length], [undefined, 1]);
  equal(world.decisions.filter(({ action }) => action === 'dry_run').length, 1, 'and it is over with that');
});

test('start rails hold a dry run back as they hold a test back', () => {
  const world = new ControlWorld();
  world.hear({ kind: 'disturbance', what: 'deploy', wallMs: world.wallMs });
  world.hear({ kind: 'start', request: { ...request, dryRun: true } });
  equal(world.step(600).rail, 'bake');
  equal(world.commands.length, 0);
});
