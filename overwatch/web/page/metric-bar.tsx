import type { FiveNumbers } from '../../api-types.ts';
import { percent } from './format.ts';

/** Pixels of 0 … 100 %; every bar of a column shares this axis. */
export const barWidth = 200;
const barHeight = 22;

const xOf = (ratio: number): number => Math.min(1, Math.max(0, ratio)) * barWidth;
/** A block of equal ends is still to be seen. */
const widthOf = (from: number, to: number): number => Math.max(1, xOf(to) - xOf(from));

/** The seed's metric bar: 5–95 % light, 25–75 % dark, black line at the median; the five numbers on hover and focus. */
export function MetricBar({ five, hot, label }: { five: FiveNumbers; hot: boolean; label: string }) {
  const text = `p5 ${percent(five.p5, 1)}, p25 ${percent(five.p25, 1)}, p50 ${percent(five.p50, 1)}, p75 ${percent(five.p75, 1)}, p95 ${percent(five.p95, 1)}`;
  return (
    <button type="button" class={hot ? 'metric-bar hot' : 'metric-bar'} aria-label={`${label}: ${text}`}>
      <svg width={barWidth} height={barHeight} aria-hidden="true" data-five={JSON.stringify(five)}>
        <rect class="bar-track" x={0} y={barHeight / 2 - 0.5} width={barWidth} height={1} />
        <rect class="bar-outer" x={xOf(five.p5)} y={6} width={widthOf(five.p5, five.p95)} height={10} />
        <rect class="bar-inner" x={xOf(five.p25)} y={4} width={widthOf(five.p25, five.p75)} height={14} />
        <rect class="bar-halo" x={xOf(five.p50) - 2} y={2} width={4} height={18} />
        <rect class="bar-median" x={xOf(five.p50) - 1} y={2} width={2} height={18} />
      </svg>
      <FiveNumbersTip five={five} />
    </button>
  );
}

/** Shown by CSS while the bar is hovered or focused. */
function FiveNumbersTip({ five }: { five: FiveNumbers }) {
  return (
    <span class="tip" aria-hidden="true">
      {(['p5', 'p25', 'p50', 'p75', 'p95'] as const).map((name) => (
        <span key={name} class={name === 'p50' ? 'tip-number strong' : 'tip-number'}>
          <small>{name}</small> {percent(five[name], 1)}
        </span>
      ))}
    </span>
  );
}

/** Scale above the column. */
export function BarAxis() {
  return (
    <svg class="bar-axis" width={barWidth} height={12} aria-hidden="true">
      {[0, 0.25, 0.5, 0.75, 1].map((ratio) => (
        <text key={ratio} x={xOf(ratio)} y={10} text-anchor={ratio === 0 ? 'start' : ratio === 1 ? 'end' : 'middle'}>
          {ratio * 100}
          {ratio === 1 ? ' %' : ''}
        </text>
      ))}
    </svg>
  );
}
