import { equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../../base/errors.ts';
import { loadReport } from './load-report.ts';

test('utilization is hits by the load of 100 ms contention, beyond 1 where the host is beyond it', () => {
  const reports: [hitsPerSecond: number, errorsPerSecond: number, lambda100: number, report: string][] = [
    [12.5, 0, 15, 'TEXT application_utilization=0.833333, rps_fractional=12.5, eps=0'],
    [60, 1.25, 48, 'TEXT application_utilization=1.25, rps_fractional=60, eps=1.25'],
    [0, 0, 48, 'TEXT application_utilization=0, rps_fractional=0, eps=0'],
    [1e-9, 0, 48, 'TEXT application_utilization=0, rps_fractional=0, eps=0'],
  ];
  for (const [hitsPerSecond, errorsPerSecond, lambda100, report] of reports)
    equal(loadReport({ hitsPerSecond, errorsPerSecond, lambda100 }), report);
});

test('without an estimate there is no report', () =>
  equal(loadReport({ hitsPerSecond: 12.5, errorsPerSecond: 0, lambda100: undefined }), undefined));

test('what is no load is refused', () => {
  const good = { hitsPerSecond: 12.5, errorsPerSecond: 0, lambda100: 15 };
  const bad = [{ hitsPerSecond: -1 }, { hitsPerSecond: Number.NaN }, { errorsPerSecond: -1 }, { lambda100: 0 }];
  for (const part of [...bad, { lambda100: -15 }, { errorsPerSecond: Number.POSITIVE_INFINITY }])
    throws(
      () => loadReport({ ...good, ...part }),
      (error) => hasCode(error, 'DYNO_BALANCER_OPTIONS'),
    );
});

test('the weight that a client of weighted round robin computes is the load of 100 ms contention, at every load', () => {
  const positive = fc.double({ min: 0.01, max: 1e5, noNaN: true });
  fc.assert(
    fc.property(positive, positive, (hitsPerSecond, lambda100) => {
      const report = loadReport({ hitsPerSecond, errorsPerSecond: 0, lambda100 })!;
      const fields = new Map(
        report
          .slice('TEXT '.length)
          .split(',')
          .map((pair) => pair.trim().split('=') as [string, string]),
      );
      for (const digits of fields.values()) ok(/^\d+(\.\d+)?$/.test(digits), digits);
      const utilization = Number(fields.get('application_utilization'));
      // Below a millionth of a host there is no weight to tell.
      if (utilization < 1e-6) return;
      const weight = Number(fields.get('rps_fractional')) / utilization;
      ok(Math.abs(weight / lambda100 - 1) < 2e-5, `${weight} for ${lambda100}`);
    }),
  );
});
