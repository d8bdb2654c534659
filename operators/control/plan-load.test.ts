import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { loadAtContention } from '../capacity/contention-curve.ts';
import { contentionMost, planLoad } from './plan-load.ts';

const curve = { saturationHitsPerS: 16 / 0.297942, servers: 16, serviceCv2: 1, arrivalCv2: 1, kappa: 1 };
const unfelt = { secondsOver100: 0, secondsOver150: 0, hosts: 8 };
const at = (contentionMs: number) => loadAtContention(curve, contentionMs);

test('a panel of one may go less far than a panel of eight: its ten seconds scatter more', () => {
  const [one, eight] = [1, 8].map((hosts) => contentionMost(curve, at(50), { ...unfelt, hosts }));
  ok(one! < 0.7 * eight!, `${one} ${eight}`);
  ok(eight! <= 90 && one! >= 30, `${one} ${eight}`);
});

test('so may a panel of hosts whose hits vary much', () => {
  const varied = { ...curve, kappa: 2.5, serviceCv2: 4 };
  const four = { ...unfelt, hosts: 4 };
  ok(contentionMost(varied, at(50), four) < contentionMost(curve, at(50), four));
});

test('what users feel makes it less, step by step, and at the soft limit it is 0.4 of it', () => {
  const most = contentionMost(curve, at(50), unfelt);
  const felt = (secondsOver100: number) => contentionMost(curve, at(50), { ...unfelt, secondsOver100 }) / most;
  equal(felt(15), 1);
  ok(Math.abs(felt(30) - 2 / 3) < 1e-12, `${felt(30)}`);
  equal(felt(60), 0.4);
  // 15 s over 150 ms are as many as 60 s over 100 ms.
  ok(Math.abs(contentionMost(curve, at(50), { ...unfelt, secondsOver150: 7.5 }) / most - 2 / 3) < 1e-12);
});

test('a load that was right is lowered when users have felt much of it', () => {
  const bounds = { likely: curve, upper: curve };
  equal(planLoad(at(60), bounds, unfelt).kind, 'raise');
  const lowered = planLoad(at(60), bounds, { ...unfelt, secondsOver100: 55 });
  equal(lowered.kind, 'lower');
  ok(lowered.contentionMs <= contentionMost(curve, at(60), { ...unfelt, secondsOver100: 55 }) + 1e-6);
});
