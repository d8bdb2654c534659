import type { CounterAggregation, CounterCategory, CounterDefinition, CounterKind } from '../counter.ts';

/** What a line of the catalogue says beside its name; the rest follows from the name and the kind. */
export interface CounterLine {
  readonly summary: string;
  readonly source: string;
  /** Mean over the window unless said. */
  readonly aggregation?: CounterAggregation;
  /** Only for names fixed by the seed that do not end in a known unit. */
  readonly unit?: string;
  readonly seedLabel?: string;
  readonly seedName?: string;
}

/** The unit that a name ends in, longest ending first. */
export const unitOfSuffix: readonly (readonly [suffix: string, unit: string])[] = [
  ['_bytes_per_s', 'bytes/s'],
  ['_pages_per_s', 'pages/s'],
  ['_ms_per_s', 'ms/s'],
  ['_per_instruction', '1/instruction'],
  ['_per_cycle', '1/cycle'],
  ['_per_s', '1/s'],
  ['_iops', '1/s'],
  ['_ratio', 'ratio'],
  ['_bytes', 'bytes'],
  ['_celsius', '°C'],
  ['_count', 'count'],
  ['_watts', 'W'],
  ['_min', 'min'],
  ['_hz', 'Hz'],
  ['_ms', 'ms'],
  ['_ns', 'ns'],
  ['_s', 's'],
];

/** The unit a name promises, undefined when it ends in none. */
export const unitOfName = (name: string): string | undefined =>
  unitOfSuffix.find(([suffix]) => name.endsWith(suffix))?.[1];

/** Writers of catalogue lines of one category, one for each kind of counter. */
export function countersOf(category: CounterCategory) {
  const define =
    (kind: CounterKind) =>
    (name: string, line: CounterLine): CounterDefinition => {
      const { unit = unitOfName(name), aggregation = 'mean', ...words } = line;
      if (unit === undefined) throw new Error(`counter ${name} ends in no known unit: rename it or give its unit`);
      return { name, category, unit, kind, aggregation, ...words };
    };
  return { gauge: define('gauge'), rate: define('rate'), ratio: define('ratio') };
}
