import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { noLoad } from '../capacity/dwell.ts';
import { ControlWorld, request } from './testing/control-world.ts';
import { tierRails } from './tier-rails.ts';

test('a sick host is told from chance by the cv² that was seen: 2 to 4, and 4 while nothing is known', () => {
  const world = ControlWorld.ramping();
  world.secondsUntil(() => world.state.run?.estimate !== undefined, 900);
  const { run } = world.state;
  const { estimate } = run!;
  // 10,000 hits of a host, which needs 10 % more than 70,000 of the others: 6.6 standard errors of cv² 2, 4.7 of cv² 4.
  const hostSums = request.panel.map((_, at) => ({
    ...noLoad,
    seconds: 400,
    hits: 10_000,
    busyRatio: at === 0 ? 110 : 100,
  }));
  const isSick = (serviceCv2: number | undefined): boolean => {
    const seen = serviceCv2 === undefined ? undefined : { ...estimate!, fit: { ...estimate!.fit, serviceCv2 } };
    const rails = tierRails({ ...world.state, run: { ...run!, hostSums, estimate: seen } });
    return rails.some(({ rail }) => rail === 'sick_host');
  };
  deepEqual([0.5, 2, 4, 8, undefined].map(isSick), [true, true, false, false, false]);
});
