import type { BlockIdentity, TierSecondsBlock } from '../../schemas/blocks.ts';
import type { CapacityRecord, LoadTestRequest, LoadTestStep } from '../../schemas/load-test-records.ts';
import type { LoadTestTier } from '../../schemas/loadtests-file/load-tests.ts';
import type { WeightApplied, WeightCommand } from '../../schemas/weight-records.ts';
import { type ControlTurn, controlTurn } from './controller.ts';
import { type ControllerState, idleState } from './controller-state.ts';
import { capacityRecordOf, stepRecordOf } from './load-test-record.ts';
import type { LastResult } from './planned-test.ts';
import { scheduleTests } from './schedule-tests.ts';
import type { SteeringState } from './steering-state.ts';
import type { HostSecond, TierEvent } from './tier-events.ts';
import { TierHosts } from './tier-hosts.ts';

export interface TierSteeringOptions {
  readonly entry: LoadTestTier;
  /** As kept by the steering before this one. */
  readonly kept: SteeringState | undefined;
  /** Logical CPUs of a host; undefined = not known, so it is not tested. */
  readonly logicalCpusOf: (host: BlockIdentity) => number | undefined;
}

/** What the kill switch says to a tier. */
export interface KillSwitchReading {
  readonly on: boolean;
  /** Time since it was read. */
  readonly ageMs: number;
}

/** One look at the clocks. */
export interface SteeringTick {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** What the broker's clock says now, as well as it is known. */
  readonly brokerMs: number | undefined;
  /** undefined = it was never read, or cannot be understood. */
  readonly killSwitch: KillSwitchReading | undefined;
}

/** What is to be written, all of it or nothing. */
export interface SteeringOutput {
  readonly steps: readonly LoadTestStep[];
  readonly command: WeightCommand | undefined;
  readonly capacity: CapacityRecord | undefined;
  /** To be kept; undefined = nothing that a restart needs has changed. */
  readonly state: SteeringState | undefined;
}

/** Schedules are looked at so often. */
const scheduleEveryMs = 10_000;
const keptEveryMs = 60_000;
/**
 * Whoever still commits holds the tier: a higher lease that was seen is one of the past, whose state was lost. So long
 * it is waited, until no command under it can be alive.
 */
const retakeAfterMs = 15_000;
const resultsMax = 200;

/** Everything that steers one tier: its hosts, its controller, what to test next. No clock, no chance, no I/O. */
export class TierSteering {
  readonly #entry: LoadTestTier;
  readonly #hosts: TierHosts;
  #controller: ControllerState;
  #results: readonly LastResult[];
  #startedMs: number | undefined;
  #isTaken = false;
  #highestEpoch: number;
  #fencedSinceMs: number | undefined;
  #asked: LoadTestRequest | undefined;
  #nextScheduleMs = Number.NEGATIVE_INFINITY;
  #keepDueMs = Number.NEGATIVE_INFINITY;
  #plan = 'what is due is looked at next';
  #runStartedMs: number | undefined;
  #pool: string;
  readonly #poolsSeen = new Map<string, WeightApplied>();

  constructor({ entry, kept, logicalCpusOf }: TierSteeringOptions) {
    this.#entry = entry;
    this.#hosts = new TierHosts(logicalCpusOf);
    this.#pool = kept?.controller.run?.request.pool ?? entry.pools[0]!.name;
    // Whoever kept it may have ended in order; who goes on with it has not.
    this.#controller = { ...(kept?.controller ?? idleState), shutdown: false };
    this.#results = kept?.results ?? [];
    this.#startedMs = kept?.startedMs;
    this.#highestEpoch = this.#controller.epoch;
  }

  get state(): ControllerState {
    return this.#controller;
  }

  /** The newest complete second of every host. */
  get seconds(): readonly HostSecond[] {
    return this.#hosts.seconds;
  }

  /** Hosts whose load a test has raised, or that still drain. */
  get raised(): readonly string[] {
    return this.#controller.run?.request.panel ?? [];
  }

  second(timeMs: number, blocks: readonly TierSecondsBlock[], live: boolean): void {
    this.#hosts.take(timeMs, blocks);
    if (this.#hosts.deployed > 0) this.#hear({ kind: 'disturbance', what: 'deploy', wallMs: timeMs });
    this.#hear(this.#hosts.second(this.#controller.run?.request.panel ?? [], this.#pool, live));
  }

  applied(applied: WeightApplied): void {
    this.#highestEpoch = Math.max(this.#highestEpoch, applied.epoch);
    this.#poolsSeen.set(applied.pool, applied);
    if (applied.pool === this.#pool) this.#hear(appliedEvent(applied));
  }

  requested(request: LoadTestRequest): void {
    if (request.action === 'stop') {
      this.#asked = undefined;
      this.#hear({ kind: 'stop', why: `${request.requestedBy}: ${request.reason}` });
    } else if (request.action === 'start') {
      this.#asked = request;
      this.#nextScheduleMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** The controller ends in order: load is taken back at once. */
  shutdown(tick: SteeringTick): SteeringOutput {
    this.#hear({ kind: 'shutdown' });
    return this.tick(tick);
  }

  tick({ wallMs, monotonicMs, brokerMs, killSwitch }: SteeringTick): SteeringOutput {
    this.#startedMs ??= wallMs;
    this.#takeLease(wallMs);
    if (killSwitch !== undefined)
      this.#hear({ kind: 'kill_switch', on: killSwitch.on, wallMs: wallMs - killSwitch.ageMs });
    this.#schedule(wallMs);
    const before = this.#controller;
    const turn = this.#hear({ kind: 'tick', wallMs, monotonicMs, brokerMs });
    if (before.run === undefined && turn.state.run !== undefined) this.#runStartedMs = wallMs;
    this.#noteResult(turn, before, wallMs);
    return {
      steps: this.#stepsOf(turn, before),
      command: turn.command,
      capacity: turn.result && capacityRecordOf(turn.result, before.run?.servers, wallMs),
      state: this.#stateToKeep(turn, before, wallMs),
    };
  }

  /** A lease of its own at the first tick, and again where a lost past had a higher one. */
  #takeLease(wallMs: number): void {
    if (!this.#isTaken) {
      this.#isTaken = true;
      this.#hear({ kind: 'takeover', epoch: ++this.#highestEpoch });
      return;
    }
    if (!this.#controller.fenced) {
      this.#fencedSinceMs = undefined;
      return;
    }
    this.#fencedSinceMs ??= wallMs;
    if (wallMs - this.#fencedSinceMs >= retakeAfterMs) this.#hear({ kind: 'takeover', epoch: ++this.#highestEpoch });
  }

  #schedule(wallMs: number): void {
    const { phase, pending, cooldownUntilMs, shutdown } = this.#controller;
    if (phase !== 'idle' || pending !== undefined || shutdown || wallMs < this.#nextScheduleMs) return;
    this.#nextScheduleMs = wallMs + scheduleEveryMs;
    const { tier } = this.#entry;
    const asked = this.#asked;
    const hosts = this.#hosts.scheduled();
    const wanted = asked?.generation;
    const [plan] = scheduleTests({
      tiers: [this.#entry],
      hosts,
      // Whoever asks wants a test now: what is known does not count, nor does the tier's turn.
      results:
        asked === undefined
          ? this.#results
          : this.#results.filter(({ generation }) => wanted !== undefined && generation !== wanted),
      running: new Set(),
      cooldownUntilMs: new Map([[tier, cooldownUntilMs]]),
      startedMs: asked === undefined ? this.#startedMs! : 0,
      nowMs: wallMs,
      seed: 1,
    });
    this.#plan = plan!.reason;
    if (plan!.kind !== 'start') return;
    this.#asked = undefined;
    this.#steerPool(plan!.test.pool);
    this.#hear({ kind: 'start', request: plan!.test });
  }

  /** From now on the controller hears of this pool only. */
  #steerPool(pool: string): void {
    if (pool === this.#pool) return;
    this.#pool = pool;
    this.#controller = { ...this.#controller, observed: undefined };
    const seen = this.#poolsSeen.get(pool);
    if (seen !== undefined) this.#hear(appliedEvent(seen));
  }

  #hear(event: TierEvent): ControlTurn {
    const turn = controlTurn(this.#controller, event);
    this.#controller = turn.state;
    return turn;
  }

  #noteResult({ result }: ControlTurn, before: ControllerState, wallMs: number): void {
    if (result === undefined) return;
    const { tier, generation, build, outcome } = result;
    this.#hosts.tested(before.run?.request.panel ?? [], wallMs);
    this.#results = [{ tier, generation, build, endedMs: wallMs, outcome }, ...this.#results].slice(0, resultsMax);
  }

  #stepsOf({ decisions, command, result, state }: ControlTurn, before: ControllerState): LoadTestStep[] {
    return decisions.map((decision, at) =>
      stepRecordOf(
        decision.action === 'idle' && decision.phase === 'idle' ? { ...decision, reason: this.#plan } : decision,
        {
          tier: this.#entry.tier,
          epoch: state.epoch,
          run: state.run ?? before.run,
          startedMs: this.#runStartedMs ?? decision.timeMs,
          command: at === decisions.length - 1 ? command : undefined,
          result: at === decisions.length - 1 ? result : undefined,
        },
      ),
    );
  }

  /** At every change of phase, and now and then: a restart abandons a run, so of one its request is enough. */
  #stateToKeep({ state, result }: ControlTurn, before: ControllerState, wallMs: number): SteeringState | undefined {
    const changed = state.phase !== before.phase || state.epoch !== before.epoch || result !== undefined;
    if (!changed && wallMs < this.#keepDueMs) return undefined;
    this.#keepDueMs = wallMs + keptEveryMs;
    return { controller: state, results: this.#results, startedMs: this.#startedMs! };
  }
}

const appliedEvent = ({ epoch, seq, status, readback, at }: WeightApplied): TierEvent => ({
  kind: 'applied',
  epoch,
  seq,
  status,
  readBack: readback,
  wallMs: at,
});
