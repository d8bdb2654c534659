import { equal } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import { loadSettings } from '../../../base/settings/load-settings.ts';
import type { Settings } from '../../../base/settings/settings.ts';
import { openParts, type Parts } from '../../../cli/system/parts.ts';
import { type RunningFleet, startSimulatedFleet } from '../../../cli/system/simulated-fleet.ts';
import type { Log } from '../../../log/port.ts';
import { countersTopic } from '../../../pipelines/windows.ts';
import { checkLedger } from '../../kill/check-ledger.ts';
import { type PartitionTruth, schemasIn, truthOf } from '../../kill/log-contents.ts';
import { Program } from '../../program/program.ts';
import { openLogOf, type Place, partitions, placeOnKafka } from '../../system/on-kafka.ts';
import { atEnd, until } from '../../system/running.ts';
import { checkMissedSeconds } from './check-missed-seconds.ts';
import { checkResults } from './check-results.ts';
import { checkTierResults } from './check-tier-results.ts';
import { GroupWatch } from './group-watch.ts';
import { SwitchedRegistry } from './switched-registry.ts';
import { type SystemProcess, systemProcessFile } from './system-process.ts';

export interface WorldEnd {
  readonly truths: readonly PartitionTruth[];
  readonly ledger: Awaited<ReturnType<typeof checkLedger>>;
  readonly missedSeconds: number;
  /** What was compared, in words. */
  readonly says: string;
}

interface WorldParts {
  readonly place: Place;
  readonly settings: Settings;
  readonly parts: Parts;
  readonly registry: SwitchedRegistry;
  readonly fleet: RunningFleet;
  readonly group: GroupWatch;
}

const fleetHosts = 24;
const stages = ['windows', 'tiers'] as const;
/** Two session timeouts, a rebalance, a fenced worker's pause, and a machine that is busy with other tests. */
const goesOnMs = 60_000;
/** A catching-up hold, the lateness of a 10-s window, and as much again as `goesOnMs`. */
const settleMs = 120_000;

/** A broker of its own, a simulated fleet in this process, and real worker processes of `windows` and `tiers`. */
export class KafkaWorld {
  readonly place: Place;
  readonly workers: Program[] = [];
  readonly registry: SwitchedRegistry;
  /** What happened, and how long it took until everything went on. */
  readonly #steps: string[] = [];
  readonly #openedMs = performance.now();
  readonly #settings: Settings;
  readonly #parts: Parts;
  readonly #fleet: RunningFleet;
  readonly #group: GroupWatch;

  private constructor({ place, settings, parts, registry, fleet, group }: WorldParts) {
    this.place = place;
    this.registry = registry;
    this.#settings = settings;
    this.#parts = parts;
    this.#fleet = fleet;
    this.#group = group;
  }

  static async open(t: TestContext): Promise<KafkaWorld> {
    const place = await placeOnKafka(t);
    const registry = await SwitchedRegistry.start(await openLogOf(t, place));
    atEnd(t, () => registry.close());
    const { dataDir, config: file } = place;
    const env = { ...place.env, SCHEMA_REGISTRY_URL: registry.url };
    const settings = loadSettings({ cwd: dataDir, env, file, overrides: { data_dir: dataDir } });
    const clock = systemClock;
    const parts = await openParts(settings, clock, { clickHouse: false });
    atEnd(t, () => parts.close());
    const fleet = await startSimulatedFleet({ settings, parts, clock, hosts: fleetHosts, seed: 1 });
    atEnd(t, () => fleet.stop());
    const group = await GroupWatch.open(place.broker.bootstrap, 'windows-e1');
    atEnd(t, () => group.close());
    const world = new KafkaWorld({ place, settings, parts, registry, fleet, group });
    atEnd(t, () => Promise.all(world.#running().map((worker) => worker.signal('SIGKILL'))));
    return world;
  }

  /** A worker as operators start it. */
  addWorker(): Program {
    const { config, dataDir } = this.place;
    return this.#started({ args: ['run', ...stages, '--config', config], cwd: dataDir });
  }

  /** A worker that freezes or kills itself at a point. */
  addWorkerThatStops(at: NonNullable<SystemProcess['at']>): Program {
    const { dataDir, config } = this.place;
    const told: SystemProcess = { dataDir, config, stages, hosts: 0, at, settles: false };
    return this.#started({ file: systemProcessFile, args: [JSON.stringify(told)] });
  }

  get log(): Log {
    return this.#parts.log;
  }

  get countersSchemaId(): number {
    return this.#parts.schemaIds.get(countersTopic)!;
  }

  /** Resolves when the group of `windows` stands still with so many members, others than the last time. */
  async hasMembers(count: number, why: string): Promise<void> {
    await this.#until(`${count} members after ${why}`, goesOnMs, () => this.#group.standsWith(count));
  }

  /** Resolves when of every partition something was committed that came after this call. */
  async goesOn(what: string): Promise<void> {
    const startMs = performance.now();
    const { endOffsets } = await this.#until('the ends of the input', goesOnMs, () =>
      this.#parts.log.topicState(countersTopic),
    );
    await this.#until(`commits beyond ${endOffsets.join(', ')} after ${what}`, goesOnMs, async () => {
      return (await this.positions()).every((position, i) => position > endOffsets[i]!) ? true : undefined;
    });
    const [atS, tookS] = [performance.now() - this.#openedMs, performance.now() - startMs].map((ms) => ms / 1_000);
    this.#steps.push(`${what} ${tookS!.toFixed(1)} s (at ${atS!.toFixed(0)})`);
  }

  /** Lets every window of what was sampled until now close, stops all in order, and compares everything. */
  async end(): Promise<WorldEnd> {
    const throughMs = Date.now();
    await this.#until('windows of all that was sampled', settleMs, async () => {
      const watermarks = (await this.#committed('windows-e1', countersTopic)).map(watermarkOf);
      return watermarks.every((watermarkMs) => watermarkMs >= throughMs + 16_000) ? true : undefined;
    });
    await this.#until('tiers of all that was sampled', goesOnMs, async () => {
      const through = (await this.#committed('tiers-e1', 'dyno.host-windows.v1')).map(completedThroughMs);
      return through.every((ms) => ms >= throughMs - 10_000) ? true : undefined;
    });
    await this.#fleet.stop();
    for (const worker of this.#running()) equal(await worker.signal('SIGTERM'), 0, worker.stderr);
    return this.#compared(throughMs - 10_000);
  }

  async #compared(throughMs: number): Promise<WorldEnd> {
    const { log } = this.#parts;
    const schemas = await schemasIn(log);
    const metrics = this.#settings.windows.tierSecondsMetrics;
    const truths = await truthOf({ log, schemas, metrics });
    const ledger = await checkLedger(log, 'windows-e1', truths);
    const missedSeconds = await checkMissedSeconds({ log, truths, schemas, metrics });
    const counts = await checkResults({ log, truths, schemas, throughMs });
    const tierRows = await checkTierResults({ log, schemas, throughMs });
    const steps = this.#steps.join(', ');
    const says = `${steps}; ${JSON.stringify({ ...counts, tierRows, missedSeconds })}; ledger ${JSON.stringify(ledger)}`;
    return { truths, ledger, missedSeconds, says };
  }

  #started(options: { readonly args: readonly string[]; readonly file?: string; readonly cwd?: string }): Program {
    const env = { ...this.place.env, SCHEMA_REGISTRY_URL: this.registry.url };
    const worker = new Program({ ...options, env });
    this.workers.push(worker);
    return worker;
  }

  /** In vain: with the last words of every worker. */
  async #until<T>(what: string, withinMs: number, attempt: () => Promise<T | undefined>): Promise<T> {
    try {
      return await until(what, withinMs, attempt);
    } catch (cause) {
      const words = this.workers.map(({ pid, running, stderr }) => `${pid} ${running}: ${stderr.slice(-2_000)}`);
      throw new Error(`${messageOf(cause)}; the workers said:\n${words.join('\n')}`, { cause });
    }
  }

  #running(): readonly Program[] {
    return this.workers.filter(({ running }) => running);
  }

  /** Position of `windows` in each partition, as its last commit says. */
  positions(): Promise<readonly number[]> {
    return this.#until('the committed offsets', goesOnMs, async () =>
      (await this.#committed('windows-e1', countersTopic)).map((state) => Number(state?.['position'] ?? 0)),
    );
  }

  /** The state in each partition's last commit. */
  async #committed(group: string, topic: string): Promise<readonly (CommittedState | undefined)[]> {
    const wanted = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    const found = await this.#parts.log.committedOffsets(group, wanted);
    return found.map((offset) => (offset === undefined ? undefined : (JSON.parse(offset.metadata) as CommittedState)));
  }
}

type CommittedState = Readonly<Record<string, unknown>>;

const watermarkOf = (state: CommittedState | undefined): number =>
  (state?.['clock'] as { watermarkMs: number | null } | undefined)?.watermarkMs ?? 0;

/** Of `tiers`: through when its 10-s windows were complete. */
function completedThroughMs(state: CommittedState | undefined): number {
  const lengths = (state?.['lengths'] ?? []) as readonly { windowMs: number; throughMs: number | null }[];
  return lengths.find(({ windowMs }) => windowMs === 10_000)?.throughMs ?? 0;
}
