import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { NaturalSecond } from './natural-load.ts';
import { TierLoad } from './tier-load.ts';
import { throughputAt } from './universal-scalability.ts';

const startMs = Date.UTC(2026, 0, 5);
const day = (minute: number): number => 0.5 + 0.4 * Math.sin((2 * Math.PI * minute) / 240);

/** Hosts that share the concurrency of a tier evenly for four hours, each minute at another place of its curve. */
function fed(hosts: number, model: Parameters<typeof throughputAt>[0], concurrencyMax: number): TierLoad {
  const tier = new TierLoad();
  for (let second = 0; second < 240 * 60; second++) {
    const concurrency = concurrencyMax * day(Math.floor(second / 60));
    const throughput = throughputAt(model, concurrency);
    const rows = Array.from(
      { length: hosts },
      (_, i): NaturalSecond => ({
        host: `h${i}`,
        hitsPerS: throughput / hosts,
        durationMs: (1_000 * concurrency) / throughput,
        busyRatio: 0.5,
      }),
    );
    tier.take(startMs + 1_000 * (second + 1), rows);
  }
  return tier;
}

test("the law of a tier is found from its own swing, by Little's law", () => {
  const model = { lambda: 3, sigma: 0.002, kappa: 1e-6 };
  const { lambda, sigma, kappa, peak, retrograde } = fed(12, model, 600).fit()!;
  ok(Math.abs(lambda.value / 3 - 1) < 0.01, `${lambda.value}`);
  ok(Math.abs(sigma.value / 0.002 - 1) < 0.03, `${sigma.value}`);
  ok(Math.abs(kappa.value / 1e-6 - 1) < 0.05, `${kappa.value}`);
  ok(Math.abs(peak!.concurrency.value / Math.sqrt((1 - 0.002) / 1e-6) - 1) < 0.03);
  equal(retrograde, 'beyond');
});

test('a tier that was past its peak is said to be retrograde', () => {
  const { retrograde, peak, highestConcurrency } = fed(12, { lambda: 3, sigma: 0.002, kappa: 2e-5 }, 400).fit()!;
  equal(retrograde, 'seen');
  ok(peak!.concurrency.value < highestConcurrency);
});

test('without a swing there is no law', () => {
  const tier = new TierLoad();
  for (let second = 0; second < 3_600; second++)
    tier.take(startMs + 1_000 * (second + 1), [{ host: 'a', hitsPerS: 10, durationMs: 50, busyRatio: 0.2 }]);
  equal(tier.fit(), undefined);
});
