import { DynoError, messageOf } from '../base/errors.ts';
import type { UnavailableReason } from '../schemas/counter.ts';
import { counterIndex, counters } from '../schemas/counters.ts';
import type { Collector, CollectorSession, Readings } from './collector.ts';
import { type HostRun, hasRestarted, startedAtS, uptimeS } from './host-start.ts';
import { plausible } from './plausible.ts';
import type { Reading } from './readings.ts';
import type { SourceTree } from './source-tree.ts';

export interface HostReading {
  /** By position in the catalogue; NaN = no value. */
  readonly values: Float64Array;
  /** Why, by the same position, wherever there is no value. */
  readonly reasons: (UnavailableReason | undefined)[];
}

export interface HostReaderOptions {
  readonly collectors: readonly Collector[];
  /** Told when a collector begins to fail, not each time it does. */
  readonly onFailure?: (collector: string, error: string) => void;
}

export interface ReadOptions {
  readonly tree: SourceTree;
  /** Real time since the read before. */
  readonly elapsedS: number;
  /** Ask also the collectors that are not due in this second. */
  readonly readNow?: boolean;
}

interface Running {
  readonly collector: Collector;
  readonly session: CollectorSession;
  failing: boolean;
}

/** All collectors on one host. One that throws costs its own counters and nothing else. */
export class HostReader {
  readonly #running: readonly Running[];
  readonly #onFailure: NonNullable<HostReaderOptions['onFailure']>;
  #run: HostRun | undefined;

  constructor(options: HostReaderOptions) {
    mustClaimOnce(options.collectors);
    this.#running = options.collectors.map((collector, turn) => ({
      collector,
      session: collector.start(turn),
      failing: false,
    }));
    this.#onFailure = options.onFailure ?? (() => {});
  }

  read({ tree, elapsedS, readNow = false }: ReadOptions): HostReading {
    const restarted = this.#noteRestart(tree);
    const values = new Float64Array(counters.length).fill(Number.NaN);
    const reasons = counters.map((): UnavailableReason | undefined => 'not_reported');
    for (const running of this.#running) {
      const readings = this.#ask(running, { tree, elapsedS, readNow });
      for (const name of running.collector.counters) {
        const reading = readings === undefined ? 'collector_failed' : (readings[name] ?? 'not_supported_kernel');
        put({ values, reasons }, name, restarted && reading === 'first_sample' ? 'reset' : reading);
      }
    }
    return { values, reasons };
  }

  #ask(running: Running, request: Required<ReadOptions>): Readings | undefined {
    try {
      const readings = running.session.sample(request);
      running.failing = false;
      return readings;
    } catch (error) {
      if (!running.failing) this.#onFailure(running.collector.name, messageOf(error));
      running.failing = true;
      return undefined;
    }
  }

  /** Totals of another run of the machine are not to be compared with. On a live host the agent would have gone too. */
  #noteRestart(tree: SourceTree): boolean {
    const current: HostRun = { uptimeS: uptimeS(tree), startedAtS: tree.live ? undefined : startedAtS(tree) };
    const restarted = this.#run !== undefined && hasRestarted({ previous: this.#run, current });
    this.#run = current;
    if (restarted) for (const { session } of this.#running) session.forget();
    return restarted;
  }
}

/** Puts a reading at its counter's place; an unknown counter is the caller's business. */
export function put(reading: HostReading, name: string, value: Reading): void {
  const index = counterIndex.get(name);
  const counter = index === undefined ? undefined : counters[index];
  if (index === undefined || counter === undefined) return;
  const checked = plausible(counter, value);
  reading.values[index] = typeof checked === 'number' ? checked : Number.NaN;
  reading.reasons[index] = typeof checked === 'number' ? undefined : checked;
}

function mustClaimOnce(collectors: readonly Collector[]): void {
  const claimedBy = new Map<string, string>();
  for (const { name: collector, counters: names } of collectors) {
    for (const name of names) {
      const other = claimedBy.get(name);
      if (other === undefined && counterIndex.has(name)) claimedBy.set(name, collector);
      else throw wrongClaim({ collector, name, other });
    }
  }
}

const wrongClaim = (claim: { collector: string; name: string; other: string | undefined }): DynoError =>
  new DynoError(
    'DYNO_AGENT_COLLECTOR_COUNTERS',
    `collector "${claim.collector}" fills the counter "${claim.name}", which ` +
      (claim.other === undefined ? 'is not in schemas/counters/' : `"${claim.other}" fills already`) +
      '; each counter of the catalogue is filled by one collector',
    { details: claim },
  );
