import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { DynoError, messageOf } from '../../base/errors.ts';
import { counterIndex } from '../../schemas/counters.ts';
import type { HostCounters } from '../../schemas/host-counters-codec.ts';

/** Of lines that cannot be used, so many are told by themselves; the rest in one sentence at the end. */
const toldMax = 10;

export interface ReplayInput {
  /** `-` = stdin. */
  readonly file: string;
  readonly say: (sentence: string) => void;
}

/** What was read of a recording. */
export interface ReplayCounts {
  lines: number;
  unusable: number;
}

/**
 * Samples of a recording in the replay format, one JSON object a line: `time` (ISO 8601 or ms since 1970), `host`,
 * `counters` (name → value; a name that the catalogue does not know is an application value), `app`. A line that cannot
 * be used is told with its number and the reason, counted, and passed over. Throws where the file cannot be read.
 */
export async function* replaySamples({ file, say }: ReplayInput, counts: ReplayCounts): AsyncGenerator<HostCounters> {
  for await (const line of linesOf(file)) {
    counts.lines++;
    if (line.trim() === '') continue;
    const sample = sampleOf(line, counts.lines);
    if (typeof sample !== 'string') {
      yield sample;
      continue;
    }
    counts.unusable++;
    if (counts.unusable <= toldMax) say(`${file}:${counts.lines}: ${sample}; the line is passed over.`);
  }
  if (counts.unusable > toldMax) say(`${file}: ${counts.unusable - toldMax} more lines were passed over.`);
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw new DynoError(
      'DYNO_USAGE_REPLAY',
      `${file} cannot be read (${messageOf(cause)}); name a recording as "dynoscope simulate --out FILE" writes it`,
      { cause, details: { file } },
    );
  }
}

/** The sample, or why there is none. */
function sampleOf(line: string, sequence: number): HostCounters | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    return `not JSON (${messageOf(error)})`;
  }
  if (!isObject(parsed)) return 'expected one JSON object a line';
  const { time, host, counters = {}, app = {} } = parsed;
  const timeMs = timeOf(time);
  if (timeMs === undefined) return `"time" is ${shown(time)}, expected ISO 8601 or milliseconds since 1970`;
  if (typeof host !== 'string' || host === '') return `"host" is ${shown(host)}, expected the name of a host`;
  if (!isObject(counters)) return `"counters" is ${shown(counters)}, expected names with their values`;
  if (!isObject(app)) return `"app" is ${shown(app)}, expected names with their values`;
  return valuesOf({ host, timeMs, sequence }, counters, app);
}

function valuesOf(
  head: Pick<HostCounters, 'host' | 'timeMs' | 'sequence'>,
  counters: Readonly<Record<string, unknown>>,
  app: Readonly<Record<string, unknown>>,
): HostCounters | string {
  const values = new Float64Array(counterIndex.size).fill(Number.NaN);
  const others = new Map<string, number>();
  for (const [name, value] of [...Object.entries(counters), ...Object.entries(app)]) {
    // A recording tells a missing value by null.
    if (value === null) continue;
    if (typeof value !== 'number') return `"${name}" is ${shown(value)}, expected a number or null`;
    const counter = counterIndex.get(name);
    if (counter === undefined) others.set(name, value);
    else values[counter] = value;
  }
  const sample = { ...head, intervalMs: 1_000, values };
  return others.size === 0 ? sample : { ...sample, app: others };
}

function timeOf(time: unknown): number | undefined {
  const timeMs = typeof time === 'string' ? Date.parse(time) : time;
  return typeof timeMs === 'number' && Number.isFinite(timeMs) && timeMs > 0 ? Math.round(timeMs) : undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? 'not there';
