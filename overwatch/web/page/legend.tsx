import type { TierTable } from '../../api-types.ts';
import { dash, percent } from './format.ts';
import { MetricBar } from './metric-bar.tsx';

const sample = { p5: 0.2, p25: 0.4, p50: 0.52, p75: 0.66, p95: 0.85 };

/** The words of the seed, beside a bar that shows them. */
export function Legend({ reference }: { reference: TierTable['reference'] }) {
  const p50 = percent(reference.cpu_p50, 1);
  return (
    <section class="panel legend" aria-labelledby="legend">
      <h2 id="legend">Legend</h2>
      <h3>Metric Bar</h3>
      <MetricBar five={sample} hot={false} label="Example" />
      <p>Black line is the median.</p>
      <p>Darker middle block is 25% - 75%.</p>
      <p>Lighter outer block is 5% - 95%.</p>
      <h3>Color Red</h3>
      <p>
        <span class="hot-sign">▲</span> Service pct(50) ≥ 120% × {reference.service}
        {p50 === dash ? `; ${reference.service} has no value now` : `, now ${p50}`}
      </p>
      <p class="soft">Percentiles are over the hosts of a tier, in its newest complete second.</p>
    </section>
  );
}
