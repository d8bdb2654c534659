import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FormulaTier } from './testing/formula-tier.ts';
import { StagedTier } from './testing/staged-tier.ts';

const startMs = Date.UTC(2026, 0, 5, 10);
const truth = { NHM: 48, WSM: 67.2 };
const tierOf = () => new FormulaTier({ seed: 4, startMs, generations: { NHM: 24, WSM: 16 }, hitsPerHost: 33 });

/** Highest and lowest part of their capacity that hosts have, hits/s ÷ λ100. */
function utilization(hosts: FormulaTier, weights: ReadonlyMap<string, number>): { lowest: number; highest: number } {
  const of = hosts.hosts.map((host) => hosts.hitsPerS(host, weights) / truth[host.startsWith('nhm') ? 'NHM' : 'WSM']);
  return { lowest: Math.min(...of), highest: Math.max(...of) };
}

/** Asks for tests until as many have ended. */
async function untilEnded(staged: StagedTier, generation: string, tests: number): Promise<void> {
  staged.request({ generation });
  for (let s = 0; s < 4_000 && staged.ended.length < tests; s++) await staged.second();
}

const kinds = (staged: StagedTier): number[] => [...new Set(staged.adapter.balancer.weights.values())];

test('a tier of two generations is tested, goes to weights by capacity, and its hosts are used alike', async () => {
  const hosts = tierOf();
  const staged = await StagedTier.started(hosts, ['steady_weights: by_capacity', 'bake_minutes: 0']);
  const equal100 = utilization(hosts, staged.adapter.balancer.weights);
  ok(equal100.highest / equal100.lowest > 1.39, 'at equal weights the smaller hosts are used by two fifths more');

  await untilEnded(staged, 'NHM', 1);
  await untilEnded(staged, 'WSM', 2);
  deepEqual(
    staged.ended.map(({ generation, outcome }) => [generation, outcome]),
    [
      ['NHM', 'found'],
      ['WSM', 'found'],
    ],
  );
  await staged.seconds(29);
  deepEqual(kinds(staged).length, 2, 'drains');
  await staged.seconds(570);
  deepEqual(kinds(staged), [100], 'nothing moves while it drains and cools down');
  await staged.seconds(360);
  // The reference is the lower bound of NHM, the commonest; what a test may double to 256 is 128.
  const [nhm, wsm] = staged.ended.map(({ lo }) => lo!);
  const [ofNhm, ofWsm] = kinds(staged) as [number, number];
  ok(Math.abs(ofWsm - 128) <= 2.56 && Math.abs(ofNhm / ((128 * nhm!) / wsm!) - 1) < 0.02, `${ofNhm}, ${ofWsm}`);
  const byCapacity = utilization(hosts, staged.adapter.balancer.weights);
  ok(byCapacity.highest / byCapacity.lowest < 1.05, 'as exactly as capacities are known');
  const acted = staged.steps.filter(({ action }) => action === 'steady');
  ok(
    acted.every(
      ({ timeMs, commandSeq }, i) => commandSeq !== undefined && timeMs - (acted[i - 1]?.timeMs ?? 0) >= 60_000,
    ),
  );
  match(acted[0]!.reason, /^40 of 40 weights of web-pool go a step towards NHM on build b1 \d+, WSM on build b1 128$/);
  match(
    staged.steps.findLast(({ action }) => action === 'nothing')!.reason,
    /^the weights of web-pool stay, because they are near/,
  );

  const steady = new Map(staged.adapter.balancer.weights);
  staged.restart();
  staged.request({ generation: 'WSM' });
  for (let s = 0; s < 200 && kinds(staged).length < 3; s++) await staged.second();
  equal(kinds(staged).length, 3, 'a test raises its panel from there');
  staged.request({ action: 'stop' });
  await staged.seconds(40);
  deepEqual(staged.adapter.balancer.weights, steady, 'and returns there');
});
