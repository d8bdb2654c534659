import { type Clock, delay } from '../base/clock.ts';
import { DynoError } from '../base/errors.ts';
import { avroFile } from '../schemas/avro-file.ts';
import type { UnavailableReason } from '../schemas/counter.ts';
import { counters } from '../schemas/counters.ts';
import { recordMapping } from '../schemas/record-mapping.ts';
import { agentVersion } from './agent-version.ts';
import { loadCollectors } from './collector-registry.ts';
import { FileTree } from './file-tree.ts';
import { HostReader, type HostReading } from './host-reader.ts';
import { startedAtS, uptimeS } from './host-start.ts';
import { putOwn } from './sampler.ts';
import type { SourceTree } from './source-tree.ts';
import { hostNameOf, readSystemInfo } from './system-info/system-info.ts';

/** What `agent --once --json` prints. */
export interface OnceReport {
  readonly host: string;
  /** ISO 8601. */
  readonly time: string;
  readonly interval_s: number;
  /** Every counter of the catalogue. */
  readonly counters: Readonly<Record<string, number | null>>;
  /** Why, for each counter that is null. */
  readonly unavailable: Readonly<Record<string, UnavailableReason>>;
  readonly systeminfo: unknown;
}

export interface LiveOnceOptions {
  readonly host: string;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly signal?: AbortSignal;
}

/** Two reads of this machine, one interval apart. */
export async function sampleOnce({ host, clock, intervalMs, signal }: LiveOnceOptions): Promise<OnceReport> {
  const tree = new FileTree({ root: '/', live: true });
  const reader = new HostReader({ collectors: await loadCollectors() });
  const beforeMs = clock.monotonicMs();
  reader.read({ tree, elapsedS: 0 });
  const startMs = clock.monotonicMs();
  // Timers of Node.js fire up to a millisecond early by this clock: then the rest is waited for.
  for (
    let leftMs = intervalMs;
    leftMs > 0 && signal?.aborted !== true;
    leftMs = startMs + intervalMs - clock.monotonicMs()
  )
    await delay(clock, leftMs, signal);
  const elapsedMs = clock.monotonicMs() - startMs;
  const elapsedS = elapsedMs / 1_000;
  const reading = reader.read({ tree, elapsedS, readNow: true });
  // Two reads leave no second out that was asked for: one that comes late says so.
  const beat = { intervalMs: elapsedMs, lateMs: Math.max(0, elapsedMs - intervalMs), missed: 0 };
  putOwn(reading, { beat, samplingMs: startMs - beforeMs, intervalMs });
  const report = reportOf({ reading, tree, host, timeMs: clock.nowMs(), elapsedS });
  tree.close();
  return report;
}

export interface RecordedOnceOptions {
  /** Folder with the `proc` and `sys` of the first read. */
  readonly root: string;
  /** The same of the second read; left out, there is only one, and rates have no value. */
  readonly rootNext?: string;
  /** Name of the host when the recording has none. */
  readonly host: string;
}

/** Two recorded trees instead of a running machine; the time between is the difference of their uptimes. */
export async function sampleRecorded({ root, rootNext, host }: RecordedOnceOptions): Promise<OnceReport> {
  const first = new FileTree({ root, live: false });
  const reader = new HostReader({ collectors: await loadCollectors() });
  const firstUptimeS = uptimeOf(first, root);
  const one = reader.read({ tree: first, elapsedS: 0 });
  if (rootNext === undefined) return closing([first], () => recordedReport(one, { tree: first, host, elapsedS: 0 }));
  const second = new FileTree({ root: rootNext, live: false });
  // After a restart the uptimes say nothing of the time between; every rate is `reset` then.
  const elapsedS = Math.max(0, uptimeOf(second, rootNext) - firstUptimeS);
  const two = reader.read({ tree: second, elapsedS, readNow: true });
  return closing([first, second], () => recordedReport(two, { tree: second, host, elapsedS }));
}

function closing<T>(trees: readonly FileTree[], make: () => T): T {
  const made = make();
  for (const tree of trees) tree.close();
  return made;
}

function uptimeOf(tree: FileTree, root: string): number {
  const read = uptimeS(tree);
  if (typeof read === 'number') return read;
  throw new DynoError(
    'DYNO_USAGE_RECORDED_TREE',
    `${root} holds no proc/uptime with a number of seconds in it (${read}): ` +
      'a recorded tree has the folders proc and sys of one moment, and the time between two is taken from proc/uptime',
    { details: { root } },
  );
}

interface Recorded {
  readonly tree: SourceTree;
  readonly host: string;
  readonly elapsedS: number;
}

function recordedReport(reading: HostReading, { tree, host, elapsedS }: Recorded): OnceReport {
  const uptime = uptimeS(tree);
  const timeMs = ((startedAtS(tree) ?? 0) + (typeof uptime === 'number' ? uptime : 0)) * 1_000;
  return reportOf({ reading, tree, host: hostNameOf(tree) || host, timeMs, elapsedS });
}

interface ReportParts extends Recorded {
  readonly reading: HostReading;
  readonly timeMs: number;
}

function reportOf({ reading, tree, host, timeMs, elapsedS }: ReportParts): OnceReport {
  const unavailable = unavailableOf(reading);
  const availability = new Map(Object.entries(unavailable));
  const wholeMs = Math.round(timeMs);
  const systemInfo = readSystemInfo({
    tree,
    host,
    timeMs: wholeMs,
    intervalMs: Math.round(elapsedS * 1_000),
    agentVersion: agentVersion(),
    availability,
  });
  return {
    host,
    time: new Date(wholeMs).toISOString(),
    interval_s: elapsedS,
    counters: valuesOf(reading.values),
    unavailable,
    systeminfo: recordMapping(avroFile('system-info')).toAvro(systemInfo),
  };
}

/** Every counter by name, null where there is no value. */
export function valuesOf(values: Float64Array): Record<string, number | null> {
  const entries = counters.map(({ name }, index): [string, number | null] => {
    const value = values[index] ?? Number.NaN;
    return [name, Number.isNaN(value) ? null : value];
  });
  return Object.fromEntries(entries);
}

/** The reason of every counter without a value. */
export function unavailableOf({ reasons }: Pick<HostReading, 'reasons'>): Record<string, UnavailableReason> {
  const entries = counters.map(({ name }, index) => [name, reasons[index]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, UnavailableReason] => entry[1] !== undefined));
}
