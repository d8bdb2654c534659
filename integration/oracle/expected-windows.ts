import avro from 'avsc';

/**
 * What the windows of one partition must be, recomputed from the records of the input topic by plain loops: a second
 * opinion for tests that kill things. Own code and avsc; nothing of `operators/` or `native/` is used.
 */
export interface OracleRecord {
  readonly offset: number;
  readonly appendMs: number;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>> | undefined;
}

export interface OracleOptions {
  /** Avro JSON of every writer schema by id; others are unknown. */
  readonly schemas: ReadonlyMap<number, string>;
  readonly catalogue: readonly { readonly name: string; readonly aggregation: string }[];
  /** Metrics of the 1-s windows: counters or application values. */
  readonly metrics: readonly string[];
}

export type OracleClass = 'undecodable' | 'skewed' | 'late' | 'duplicate' | 'windowed' | 'tick';

export interface ExpectedHost {
  /** 1 s: the metrics, NaN = no value. 10 s: the counters in catalogue order, by their aggregation; NaN = no value. */
  readonly values: readonly number[];
  /** 10 s only: samples behind each value. */
  readonly samples: readonly number[];
  /** 10 s only: means of application values. */
  readonly app: ReadonlyMap<string, number>;
}

export interface ExpectedWindow {
  readonly windowMs: 1_000 | 10_000;
  readonly endMs: number;
  readonly hosts: ReadonlyMap<string, ExpectedHost>;
}

export interface Expected {
  /** Closed windows in the order in which they close. */
  readonly windows: readonly ExpectedWindow[];
  readonly classOf: ReadonlyMap<number, OracleClass>;
  readonly missedSeconds: number;
  /** Through when windows of each length are closed; −∞ before the first event. */
  readonly closedThroughMs: { readonly 1000: number; readonly 10000: number };
}

interface Sample {
  readonly host: string;
  readonly timeMs: number;
  readonly record: Readonly<Record<string, unknown>>;
}

/** `records` of one partition, all of them, in the order of their offsets. */
export function expectedWindows(records: readonly OracleRecord[], options: OracleOptions): Expected {
  const types = new Map<number, avro.Type>();
  for (const [id, json] of options.schemas) types.set(id, typeOf(json));
  const samplesOf10 = new Map<number, Sample[]>();
  const samplesOf1 = new Map<number, Sample[]>();
  const taken = new Set<string>();
  const windows: ExpectedWindow[] = [];
  const classOf = new Map<number, OracleClass>();
  let missedSeconds = 0;
  let highest = Number.NEGATIVE_INFINITY;
  let watermark = Number.NEGATIVE_INFINITY;
  let holdUntil = Number.NEGATIVE_INFINITY;
  let lastAppend: number | undefined;

  for (const { offset, appendMs, value, headers } of records) {
    if (lastAppend !== undefined && appendMs - lastAppend > 5_000) holdUntil = appendMs + 20_000;
    lastAppend = lastAppend === undefined ? appendMs : Math.max(lastAppend, appendMs);

    let event: number | undefined;
    if (value === null && headers?.['dyno-kind']?.toString() === 'tick') {
      classOf.set(offset, 'tick');
      event = appendMs;
    } else {
      const sample = decode(value, types);
      if (sample === undefined) classOf.set(offset, 'undecodable');
      else if (sample.timeMs - appendMs > 60_000) classOf.set(offset, 'skewed');
      else {
        event = sample.timeMs;
        const second = Math.ceil(event / 1_000) * 1_000;
        const ten = Math.ceil(event / 10_000) * 10_000;
        const slot = `${second} ${sample.host}`;
        if (watermark >= ten + 15_000) classOf.set(offset, 'late');
        else if (taken.has(slot)) classOf.set(offset, 'duplicate');
        else {
          classOf.set(offset, 'windowed');
          taken.add(slot);
          add(samplesOf10, ten, sample);
          if (watermark >= second) missedSeconds++;
          else add(samplesOf1, second, sample);
        }
      }
    }
    if (event === undefined) continue;
    highest = Math.max(highest, Math.min(event, appendMs));
    if (appendMs < holdUntil || highest - 1_000 <= watermark) continue;
    watermark = highest - 1_000;
    for (const end of dueEnds(samplesOf1, watermark)) {
      windows.push({ windowMs: 1_000, endMs: end, hosts: secondHosts(samplesOf1.get(end)!, options) });
      samplesOf1.delete(end);
    }
    for (const end of dueEnds(samplesOf10, watermark - 15_000)) {
      windows.push({ windowMs: 10_000, endMs: end, hosts: tenHosts(samplesOf10.get(end)!, options) });
      samplesOf10.delete(end);
    }
  }
  const through = (lengthMs: number, lateMs: number) => Math.floor((watermark - lateMs) / lengthMs) * lengthMs;
  const closedThroughMs = { 1000: through(1_000, 0), 10000: through(10_000, 15_000) };
  return { windows, classOf, missedSeconds, closedThroughMs };
}

/** Compiling a type takes longer than a small log: simulations ask for the same few schemas again and again. */
const compiled = new Map<string, avro.Type>();

function typeOf(json: string): avro.Type {
  const type = compiled.get(json) ?? avro.Type.forSchema(JSON.parse(json));
  compiled.set(json, type);
  return type;
}

function decode(value: Buffer | null, types: ReadonlyMap<number, avro.Type>): Sample | undefined {
  if (value === null || value.length < 5 || value[0] !== 0) return undefined;
  const type = types.get(value.readInt32BE(1));
  if (type === undefined) return undefined;
  try {
    const record = type.fromBuffer(value.subarray(5)) as Readonly<Record<string, unknown>>;
    const host = record['host'] as string;
    const timeMs = record['time_ms'] as number;
    const bytes = Buffer.byteLength(host);
    return bytes === 0 || bytes > 255 || timeMs <= 0 ? undefined : { host, timeMs, record };
  } catch {
    return undefined;
  }
}

function secondHosts(samples: readonly Sample[], { metrics, catalogue }: OracleOptions): Map<string, ExpectedHost> {
  const hosts = new Map<string, ExpectedHost>();
  for (const { host, record } of samples) {
    const values = metrics.map((metric) =>
      catalogue.some(({ name }) => name === metric)
        ? number(record[metric])
        : (appOf(record).get(metric) ?? Number.NaN),
    );
    hosts.set(host, { values, samples: [], app: new Map() });
  }
  return hosts;
}

function tenHosts(samples: readonly Sample[], { catalogue }: OracleOptions): Map<string, ExpectedHost> {
  const byHost = new Map<string, Sample[]>();
  for (const sample of samples) byHost.set(sample.host, [...(byHost.get(sample.host) ?? []), sample]);
  const hosts = new Map<string, ExpectedHost>();
  for (const [host, own] of byHost) {
    const values: number[] = [];
    const counts: number[] = [];
    for (const { name, aggregation } of catalogue) {
      const present = own.filter(({ record }) => !Number.isNaN(number(record[name])));
      counts.push(present.length);
      values.push(aggregate(present, name, aggregation));
    }
    hosts.set(host, { values, samples: counts, app: appMeans(own) });
  }
  return hosts;
}

function aggregate(present: readonly Sample[], name: string, aggregation: string): number {
  if (present.length === 0) return Number.NaN;
  const values = present.map(({ record }) => number(record[name]));
  if (aggregation === 'min') return Math.min(...values);
  if (aggregation === 'max') return Math.max(...values);
  if (aggregation === 'last') {
    const newest = Math.max(...present.map(({ timeMs }) => timeMs));
    return number(present.find(({ timeMs }) => timeMs === newest)!.record[name]);
  }
  let sum = 0;
  for (const value of values) sum += value;
  return aggregation === 'mean' ? sum / values.length : sum;
}

function appMeans(samples: readonly Sample[]): Map<string, number> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { record } of samples)
    for (const [name, value] of appOf(record)) {
      const { sum, count } = sums.get(name) ?? { sum: 0, count: 0 };
      sums.set(name, { sum: sum + value, count: count + 1 });
    }
  return new Map([...sums].map(([name, { sum, count }]) => [name, sum / count]));
}

/** NaN for null, NaN and infinite values: the counter has no value then. */
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN);

function appOf(record: Readonly<Record<string, unknown>>): Map<string, number> {
  const values = Object.entries((record['app'] as Record<string, number> | null | undefined) ?? {});
  return new Map(values.filter(([name, value]) => name !== '' && Number.isFinite(value)));
}

const dueEnds = (open: ReadonlyMap<number, unknown>, throughMs: number): number[] =>
  [...open.keys()].filter((end) => end <= throughMs).sort((a, b) => a - b);

function add(windows: Map<number, Sample[]>, end: number, sample: Sample): void {
  const samples = windows.get(end);
  if (samples === undefined) windows.set(end, [sample]);
  else samples.push(sample);
}
