import { type LoadTestTier, safeWeightOf } from '../../schemas/loadtests-file/load-tests.ts';
import type { ServerWeight, WeightApplied } from '../../schemas/weight-records.ts';
import { sameWeights, serverWeights, type Weights, weightsOf } from '../../schemas/weight-state.ts';
import type { ControllerState } from './controller-state.ts';
import type { FoundCapacity } from './found-capacity.ts';
import { limits } from './limits.ts';
import type { ScheduledHost } from './planned-test.ts';
import { type Targets, targetsByCapacity } from './steady-targets.ts';
import { areNear, stepTowards } from './steady-weights.ts';
import type { SteadyOrder } from './tier-events.ts';

/** What a restart needs of one pool. */
export interface SteadyPool {
  readonly pool: string;
  /** Safe weights as its adapter acknowledged them; undefined = the file's, nothing else was ever ordered. */
  readonly weights: readonly ServerWeight[] | undefined;
  /** Last order, wall time. */
  readonly orderedMs: number | undefined;
}

export interface SteadyNow {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** All hosts of the tier; asked for only where they are looked at. */
  readonly hosts: () => readonly ScheduledHost[];
  /** End of the newest complete second. */
  readonly newestSecondMs: number;
  readonly capacities: readonly FoundCapacity[];
}

/** What is to be ordered, or why nothing is; undefined where nothing is looked at yet. */
export type SteadyLook =
  | { readonly kind: 'order'; readonly order: SteadyOrder }
  | { readonly kind: 'nothing'; readonly reason: string }
  | undefined;

export interface SteadySent {
  readonly seq: number;
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Adapters say every 10 s what stands there. */
const unheardAfterMs = 30_000;
/** A capacity may miss one refresh. */
const refreshesMax = 2;

interface PoolNow {
  readonly name: string;
  /** By server. */
  safe: Weights | undefined;
  orderedMs: number | undefined;
  /** From then on it may be ordered again, and is looked at; by the monotonic clock, undefined until the first tick. */
  readyMs: number | undefined;
  dueMs: number | undefined;
  seen: WeightApplied | undefined;
  seenMs: number | undefined;
}

/**
 * The weights of a tier's pools between tests. Each pool is looked at once a minute and at most one order follows; what
 * the adapter acknowledges are the new safe weights, to which tests return. No clock, no chance, no I/O.
 */
export class SteadyPools {
  readonly #entry: LoadTestTier;
  readonly #pools: ReadonlyMap<string, PoolNow>;
  /** Grows with every change of what is kept. */
  revision = 0;
  #awaited: { readonly pool: PoolNow; readonly seq: number; readonly sentMs: number } | undefined;

  constructor(entry: LoadTestTier, kept: readonly SteadyPool[] = []) {
    this.#entry = entry;
    this.#pools = new Map(
      entry.pools.map(({ name }) => {
        const { weights, orderedMs } = kept.find(({ pool }) => pool === name) ?? {};
        const safe = weights && weightsOf(weights);
        const unknown = { readyMs: undefined, dueMs: undefined, seen: undefined, seenMs: undefined };
        return [name, { name, safe, orderedMs, ...unknown }];
      }),
    );
  }

  /** An order has no answer yet: no test may begin from weights that are not known to stand. */
  get isBusy(): boolean {
    return this.#awaited !== undefined;
  }

  /** Safe weights by pool, where they are not the file's. */
  get safeWeights(): ReadonlyMap<string, Weights> {
    return new Map([...this.#pools.values()].flatMap(({ name, safe }) => (safe === undefined ? [] : [[name, safe]])));
  }

  get kept(): readonly SteadyPool[] {
    return [...this.#pools.values()]
      .filter(({ safe, orderedMs }) => safe !== undefined || orderedMs !== undefined)
      .map(({ name, safe, orderedMs }) => ({ pool: name, weights: safe && serverWeights(safe), orderedMs }));
  }

  heard(applied: WeightApplied): void {
    const pool = this.#pools.get(applied.pool);
    if (pool === undefined) return;
    const hadDrifted = hasDrifted(pool);
    pool.seen = applied;
    pool.seenMs = undefined;
    if (hasDrifted(pool) && !hadDrifted && pool.readyMs !== undefined) pool.dueMs = pool.readyMs;
  }

  /** Time passes: the minute of each pool goes on, also over a restart. */
  at({ wallMs, monotonicMs }: Pick<SteadyNow, 'wallMs' | 'monotonicMs'>): void {
    for (const pool of this.#pools.values()) {
      const restMs = pool.orderedMs === undefined ? 0 : pool.orderedMs + limits.steadyEveryMs - wallMs;
      pool.readyMs ??= monotonicMs + Math.min(Math.max(restMs, 0), limits.steadyEveryMs);
      pool.dueMs ??= pool.readyMs;
      pool.seenMs ??= monotonicMs;
    }
  }

  /** The answer to the order that is awaited, if it has come or stays away; a sentence where it is not as ordered. */
  settled({ command, observed }: ControllerState, monotonicMs: number): string | undefined {
    if (this.#awaited === undefined) return undefined;
    const { pool, seq, sentMs } = this.#awaited;
    const isMine = command?.seq === seq;
    if (isMine && command.acknowledged) {
      this.#awaited = undefined;
      if (observed !== undefined && !command.dryRun) this.#adopt(pool, weightsOf(observed));
      return undefined;
    }
    const fault = isMine ? command.fault : undefined;
    if (isMine && fault === undefined && monotonicMs - sentMs <= limits.ackMs) return undefined;
    this.#awaited = undefined;
    if (!isMine) return undefined;
    return fault === undefined
      ? `no verified answer of the balancer of ${pool.name} to its weights between tests`
      : `the balancer of ${pool.name} answered ${fault} to its weights between tests: ${pool.seen?.reason ?? ''}`;
  }

  /** To be asked while nothing runs, cools down or waits to begin. */
  look(now: SteadyNow): SteadyLook {
    if (!this.#entry.enabled || this.isBusy) return undefined;
    const due = [...this.#pools.values()].find(({ dueMs }) => dueMs !== undefined && now.monotonicMs >= dueMs);
    if (due === undefined) return undefined;
    due.dueMs = now.monotonicMs + limits.steadyEveryMs;
    return this.#lookAt(due, now);
  }

  /** What `look` gave was ordered. */
  ordered(name: string, { seq, wallMs, monotonicMs }: SteadySent): void {
    const pool = this.#pools.get(name)!;
    this.revision++;
    pool.orderedMs = wallMs;
    pool.readyMs = monotonicMs + limits.steadyEveryMs;
    this.#awaited = { pool, seq, sentMs: monotonicMs };
  }

  #adopt(pool: PoolNow, weights: Weights): void {
    this.revision++;
    pool.safe = sameWeights(weights, this.#ofFile(weights)) ? undefined : weights;
  }

  #lookAt(pool: PoolNow, now: SteadyNow): SteadyLook {
    const stay = (because: string): SteadyLook => ({
      kind: 'nothing',
      reason: `the weights of ${pool.name} stay, because ${because}`,
    });
    const order = (mode: SteadyOrder['mode'], reason: string, wanted: Weights): SteadyLook => {
      const { tier, dryRun } = this.#entry;
      return { kind: 'order', order: { tier, pool: pool.name, mode, weights: serverWeights(wanted), dryRun, reason } };
    };
    const because = whyUnknown(pool, now);
    if (because !== undefined) return stay(because);
    const standing = weightsOf(pool.seen!.readback);
    const ofFile = this.#ofFile(standing);
    const steers = this.#entry.steadyWeights === 'by_capacity';
    if (steers && !this.#entry.dryRun && pool.safe === undefined && !sameWeights(standing, ofFile))
      return order(
        'revert',
        `the adapter of ${pool.name} is asked for its safe weights: they are not the file's`,
        none,
      );
    if (hasDrifted(pool))
      return order('revert', `${pool.name} has lost its weights between tests: a reload, or somebody`, none);
    // Somebody's hand, or an adapter that remembers what this steering forgot: which, is not for a program to say.
    if (!steers && pool.safe === undefined && !sameWeights(standing, ofFile))
      return stay(
        'they are not the safe ones of loadtests.yaml, and nothing is known of why: no test begins from them',
      );
    const targets: Targets =
      steers || pool.safe === undefined
        ? this.#targets(pool, standing, now)
        : { weights: ofFile, words: 'the safe weights of loadtests.yaml' };
    if ('because' in targets) return stay(targets.because);
    const { weights: wanted, words } = targets;
    if (steers ? areNear(standing, wanted) : sameWeights(standing, wanted))
      return stay(`they are near enough to ${words}`);
    const next = stepTowards(standing, wanted);
    const moved = [...next].filter(([server, weight]) => standing.get(server) !== weight).length;
    if (moved === 0) return stay(`weights under 20 have no whole step of 5 %; wanted are ${words}`);
    const step = `${moved} of ${next.size} weights of ${pool.name} go a step towards ${words}${this.#entry.dryRun ? ' (dry run)' : ''}`;
    if (!steers && pool.safe === undefined) return stay(`steady_weights is not by_capacity; if it were, ${step}`);
    return order('steady', step, next);
  }

  #targets(pool: PoolNow, standing: Weights, { wallMs, hosts, capacities }: SteadyNow): Targets {
    const { weightMax, refreshHours } = this.#entry;
    const capacityAgeMsMax = refreshesMax * refreshHours * 3_600_000;
    return targetsByCapacity({
      pool: pool.name,
      standing,
      hosts: hosts(),
      capacities,
      capacityAgeMsMax,
      weightMax,
      nowMs: wallMs,
    });
  }

  /** What the file says of the servers that are there; one that it does not name keeps what it has. */
  #ofFile(standing: Weights): Weights {
    const { safeWeights } = this.#entry;
    return new Map([...standing].map(([server, weight]) => [server, safeWeightOf(safeWeights, server) ?? weight]));
  }
}

const none: Weights = new Map();

/** Servers that came since have the weight of the balancer's configuration: that is no drift. */
function hasDrifted({ safe, seen }: PoolNow): boolean {
  if (safe === undefined || seen === undefined) return false;
  return seen.readback.some(({ server, weight }) => (safe.get(server) ?? weight) !== weight);
}

/** Why it is not known well enough what stands in the balancer and how the tier is; undefined = it is. */
function whyUnknown({ seen, seenMs }: PoolNow, { wallMs, monotonicMs, newestSecondMs }: SteadyNow): string | undefined {
  if (seen === undefined || seenMs === undefined) return 'its adapter has said nothing yet';
  const silentMs = monotonicMs - seenMs;
  if (silentMs > unheardAfterMs) return `its adapter has said nothing for ${Math.round(silentMs / 1_000)} s`;
  if (seen.readback.length === 0) return `its balancer does not answer: ${seen.reason}`;
  const oldMs = wallMs - newestSecondMs;
  if (oldMs > limits.staleAbortMs) return `telemetry of the tier is ${oldMs / 1_000} s old`;
  const drained = seen.readback.find(({ weight }) => weight === 0);
  return drained === undefined ? undefined : `${drained.server} has weight 0: somebody drained it`;
}
