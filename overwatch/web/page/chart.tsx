import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { clockTime } from './format.ts';

export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** CSS custom property that holds its colour; undefined = only the edge of a band. */
  readonly colour?: string;
  readonly width?: number;
  /** A line to compare with, no measurement: it is not in the table of numbers. */
  readonly isLimit?: boolean;
}

export interface ChartBand {
  /** Indexes into `lines`: upper edge, lower edge. */
  readonly between: readonly [number, number];
  readonly colour: string;
}

export interface ChartSpec {
  /** The question that the chart answers. */
  readonly title: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  /** Upper end of the axis; undefined = what the values need. */
  readonly most?: number;
  readonly timesMs: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly bands?: readonly ChartBand[];
}

/** A chart over time. Gaps are drawn as gaps; the same numbers stand below as a table. */
export function Chart({ spec }: { spec: ChartSpec }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const newest = useRef(spec);
  newest.current = spec;
  const theme = useTheme();
  useEffect(() => {
    let isGone = false;
    let watch: ResizeObserver | undefined;
    // Loaded with the first chart: the tier table needs none of it.
    void import('uplot').then(({ default: UPlot }) => {
      const element = place.current;
      if (isGone || element === null) return;
      plot.current = new UPlot(optionsOf(newest.current, element), columnsOf(newest.current), element);
      watch = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: chartHeight }));
      watch.observe(element);
    });
    return () => {
      isGone = true;
      watch?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [theme]);
  useEffect(() => plot.current?.setData(columnsOf(spec)));
  return (
    <figure class="chart">
      <figcaption>{spec.title}</figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
      <LastPoints spec={spec} />
    </figure>
  );
}

const chartHeight = 190;
const seconds = (ms: number): number => ms / 1_000;

const columnsOf = (spec: ChartSpec): uPlot.AlignedData => [
  spec.timesMs.map(seconds),
  ...spec.lines.map((line) => [...line.values]),
];

function optionsOf(spec: ChartSpec, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: chartHeight,
    cursor: { sync: { key: 'tier' }, points: { size: 5 } },
    legend: { live: true },
    scales: { y: { range: (_plot, _least, most) => [0, spec.most ?? Math.max(most ?? 0, 0.001) * 1.1] } },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map((second) => clockTime(second * 1_000)), space: 60 },
      { ...axis, label: spec.unit, labelSize: 18, size: 58, values: (_plot, splits) => splits.map(spec.format) },
    ],
    series: [
      { label: 'Time', value: (_plot, second) => (second === null ? '–' : clockTime(second * 1_000)) },
      ...spec.lines.map((line) => ({
        label: line.label,
        ...(line.colour === undefined ? { width: 0 } : { stroke: colour(line.colour), width: line.width ?? 1.5 }),
        points: { show: false },
        spanGaps: false,
        value: (_plot: uPlot, value: number | null) => (value === null ? '–' : spec.format(value)),
      })),
    ],
    bands: (spec.bands ?? []).map(({ between: [upper, lower], colour: name }) => ({
      series: [upper + 1, lower + 1] as [number, number],
      fill: colour(name),
    })),
  };
}

/** For those who do not see the lines: the last ten seconds in numbers. */
function LastPoints({ spec }: { spec: ChartSpec }) {
  const [isOpen, setOpen] = useState(false);
  const from = Math.max(0, spec.timesMs.length - 10);
  const lines = spec.lines.filter(({ isLimit = false }) => !isLimit);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Numbers of the last 10 s</summary>
      {isOpen && (
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {lines.map((line) => (
                <th key={line.label} scope="col" class="number">
                  {line.label}, {spec.unit}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {spec.timesMs.slice(from).map((timeMs, index) => (
              <tr key={timeMs}>
                <td>{clockTime(timeMs)}</td>
                {lines.map((line) => {
                  const value = line.values[from + index] ?? null;
                  return (
                    <td key={line.label} class="number">
                      {value === null ? '–' : spec.format(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

/** Canvas colours do not follow CSS: a chart is drawn anew when the theme changes. */
function useTheme(): boolean {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const onChange = () => setDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return isDark;
}
