import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type Generation, webTruth } from './hardware.ts';
import { arrivalsForWait, meanWaitApproxS, meanWaitS } from './queueing.ts';

type Row = readonly [
  generation: Exclude<Generation, 'Avoton'>,
  lambda100: string,
  serviceS: string,
  utilization: string,
];

/** Erlang C, solved by hand elsewhere: hits/s at 100 ms, CPU seconds of a hit, utilization there. */
const rows: readonly Row[] = [
  ['VSS', '19.20', '0.335141', '0.8043'],
  ['SC', '28.80', '0.233338', '0.8400'],
  ['NHM', '48.00', '0.297942', '0.8938'],
  ['WSM', '67.20', '0.328196', '0.9189'],
  ['XWSM', '84.00', '0.265545', '0.9294'],
  ['SNB', '116.16', '0.260437', '0.9454'],
];
for (const [generation, lambda100, serviceS, utilization] of rows)
  test(`${generation} waits 100 ms at ${lambda100} hits/s, which is 48 × its RCU`, () => {
    const truth = webTruth(generation);
    equal(truth.lambda100.toFixed(2), lambda100);
    equal(truth.serviceS.toFixed(6), serviceS);
    equal(((truth.lambda100 * truth.serviceS) / truth.logicalCpus).toFixed(4), utilization);
  });

const waits: readonly [share: number, waitMs: number][] = [
  [0.8, 10],
  [0.9, 30],
  [0.95, 53],
  [0.98, 77],
  [1.02, 133],
  [1.03, 156],
];
for (const [share, waitMs] of waits)
  test(`NHM at ${share * 100} % of λ100 waits ${waitMs} ms`, () => {
    const { logicalCpus: servers, serviceS, lambda100 } = webTruth('NHM');
    equal(Math.round(meanWaitS({ servers, serviceS, arrivalsPerS: share * lambda100 }) * 1_000), waitMs);
  });

test('λ100 is found back from the service time', () => {
  const { logicalCpus: servers, serviceS } = webTruth('SNB');
  equal(arrivalsForWait({ servers, serviceS, waitS: 0.1 }).toFixed(4), '116.1600');
});

test('at and above capacity the wait has no end', () => {
  equal(meanWaitS({ servers: 4, arrivalsPerS: 4, serviceS: 1 }), Number.POSITIVE_INFINITY);
});

test('the quick formula agrees with Erlang C within 10 % in heavy traffic', () => {
  const { logicalCpus: servers, serviceS, lambda100: arrivalsPerS } = webTruth('NHM');
  const quick = meanWaitApproxS({ servers, serviceS, arrivalsPerS, cv2: 1 });
  equal(Math.abs(quick / 0.1 - 1) < 0.1, true);
});
