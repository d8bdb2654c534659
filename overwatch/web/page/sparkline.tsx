import { percent } from './format.ts';

const width = 84;
const height = 22;

/** Median CPU over the last 5 minutes on a scale of its own; where nothing came the line is broken. */
export function Sparkline({ values }: { values: readonly (number | null)[] }) {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return <span class="absent">–</span>;
  const least = Math.min(...present);
  const most = Math.max(...present);
  const span = Math.max(most - least, 0.02);
  const base = (least + most - span) / 2;
  const x = (index: number) => (index / (values.length - 1)) * (width - 4) + 2;
  const y = (value: number) => height - 3 - ((value - base) / span) * (height - 6);
  let path = '';
  let isBroken = true;
  for (const [index, value] of values.entries()) {
    if (value !== null) path += `${isBroken ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    isBroken = value === null;
  }
  const last = values.findLastIndex((value) => value !== null);
  const says = `median CPU of the last 5 minutes: between ${percent(least, 1)} and ${percent(most, 1)}`;
  return (
    <svg class="sparkline" width={width} height={height} role="img" aria-label={says}>
      <title>{says}</title>
      <path d={path} />
      <circle cx={x(last)} cy={y(values[last] ?? least)} r={2} />
    </svg>
  );
}
