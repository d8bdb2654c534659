import type { UnavailableReason } from '../schemas/counter.ts';
import type { Reading } from './readings.ts';
import type { SourceTree } from './source-tree.ts';

/** Readings by counter name. A counter of the collector that is left out counts as `not_supported_kernel`. */
export type Readings = Readonly<Record<string, Reading>>;

/** What the source said before and says now, and the real time between. */
export interface Step<Raw> {
  /** Undefined at the first read. */
  readonly previous: Raw | undefined;
  readonly current: Raw;
  readonly elapsedS: number;
}

export interface CollectorSpec<Raw extends object> {
  /** The file's own name: `proc-stat` lives in `proc-stat.ts`. */
  readonly name: string;
  /** Every counter it fills. */
  readonly counters: readonly string[];
  /** Read every so many samples and repeated between (default 1): for sources that are slow, or hardly ever change. */
  readonly everySamples?: number;
  /**
   * What the source says now, or why it says nothing: then all counters have that reason.
   * `previous` is for what need not be found out again: which disks turn, how fast a link is.
   */
  readonly read: (tree: SourceTree, previous: Raw | undefined) => Raw | UnavailableReason;
  /** Values from two reads; pure. */
  readonly derive: (step: Step<Raw>) => Readings;
}

export interface SampleRequest {
  readonly tree: SourceTree;
  readonly elapsedS: number;
  /** Read even when it is not this collector's turn. */
  readonly readNow: boolean;
}

/** One collector at work on one host: remembers what it read before. */
export interface CollectorSession {
  sample(request: SampleRequest): Readings;
  /** Makes the next sample start anew: the host has restarted. */
  forget(): void;
}

export interface Collector {
  readonly name: string;
  readonly counters: readonly string[];
  /** `turn` spreads slow collectors over the seconds. */
  start(turn: number): CollectorSession;
}

/** A collector: the default export of one file in `agent/collectors/`. */
export function defineCollector<Raw extends object>(spec: CollectorSpec<Raw>): Collector {
  const { name, counters } = spec;
  return { name, counters, start: (turn) => startSession(spec, turn) };
}

function startSession<Raw extends object>(spec: CollectorSpec<Raw>, turn: number): CollectorSession {
  const everySamples = spec.everySamples ?? 1;
  let previous: Raw | undefined;
  let held: Readings | undefined;
  let elapsedS = 0;
  let samplesUntilRead = 0;
  const sample = (request: SampleRequest): Readings => {
    elapsedS += request.elapsedS;
    if (held !== undefined && !request.readNow && samplesUntilRead-- > 0) return held;
    samplesUntilRead = held === undefined ? turn % everySamples : everySamples - 1;
    const current = spec.read(request.tree, previous);
    if (typeof current === 'string') {
      previous = undefined;
      held = Object.fromEntries(spec.counters.map((counter) => [counter, current]));
    } else {
      held = spec.derive({ previous, current, elapsedS });
      previous = current;
    }
    elapsedS = 0;
    return held;
  };
  const forget = () => {
    previous = undefined;
    held = undefined;
  };
  return { sample, forget };
}
