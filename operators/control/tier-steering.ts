import type { BlockIdentity, TierSecondsBlock } from '../../schemas/blocks.ts';
import { disturbancesTold, type LoadTestRequest, type LoadTestStep } from '../../schemas/load-test-records.ts';
import type { LoadTestTier } from '../../schemas/loadtests-file/load-tests.ts';
import type { WeightApplied } from '../../schemas/weight-records.ts';
import { appliedEvent, hasMoved } from './applied-event.ts';
import { type ControlTurn, controlTurn } from './controller.ts';
import { type ControllerState, idleState } from './controller-state.ts';
import type { Decision } from './decisions.ts';
import { type FoundCapacity, withFound } from './found-capacity.ts';
import { capacityRecordOf, stepRecordOf } from './load-test-record.ts';
import { untilOwnTurnMs, whyNotBeside } from './neighbour-tests.ts';
import type { LastResult } from './planned-test.ts';
import { resumedState } from './resumed-state.ts';
import { scheduleTests } from './schedule-tests.ts';
import { neverRails } from './start-rails.ts';
import { SteadyPools } from './steady-pools.ts';
import type { SteeringOutput, SteeringTick } from './steering-io.ts';
import type { SteeringState } from './steering-state.ts';
import { stoppedAt, stoppedWords, type TestsStopped } from './tests-stopped.ts';
import type { HostSecond, TierEvent } from './tier-events.ts';
import { TierHosts } from './tier-hosts.ts';
import { decided } from './turn.ts';

export interface TierSteeringOptions {
  readonly entry: LoadTestTier;
  /** As kept by the steering before this one. */
  readonly kept: SteeringState | undefined;
  /** Logical CPUs of a host; undefined = not known, so it is not tested. */
  readonly logicalCpusOf: (host: BlockIdentity) => number | undefined;
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
/** Longer than a bake and a rest after an abort. */
const askedAgeMsMax = 3_600_000;

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
  #stopped: TestsStopped | undefined;
  /** Told since the last tick. */
  #disturbances: LoadTestRequest[] = [];
  #nextScheduleMs = Number.NEGATIVE_INFINITY;
  #keepDueMs = Number.NEGATIVE_INFINITY;
  /** Why nothing runs, as the schedule or a start rail said last. */
  #plan: Pick<Decision, 'reason' | 'rail'> = { reason: 'what is due is looked at next', rail: undefined };
  #runStartedMs: number | undefined;
  #pool: string;
  readonly #poolsSeen = new Map<string, WeightApplied>();
  readonly #steady: SteadyPools;
  #steadyKept = 0;
  /** As it was given last. */
  #kept: SteeringState | undefined;
  #capacities: readonly FoundCapacity[];

  constructor({ entry, kept, logicalCpusOf }: TierSteeringOptions) {
    this.#entry = entry;
    this.#hosts = new TierHosts(logicalCpusOf);
    this.#pool = kept?.controller.run?.request.pool ?? entry.pools[0]!.name;
    this.#controller = kept === undefined ? idleState : resumedState(kept.controller);
    this.#asked = kept?.asked;
    this.#stopped = kept?.stopped;
    this.#results = kept?.results ?? [];
    this.#capacities = kept?.capacities ?? [];
    this.#steady = new SteadyPools(entry, kept?.steadyPools);
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
    const before = this.#poolsSeen.get(applied.pool);
    this.#poolsSeen.set(applied.pool, applied);
    this.#steady.heard(applied);
    // Of the pool that is steered the controller sees it by itself.
    if (applied.pool !== this.#pool && before !== undefined && hasMoved(before, applied))
      this.#hear({ kind: 'disturbance', what: 'balancer_reload', wallMs: applied.at });
    if (applied.pool === this.#pool) this.#hear(appliedEvent(applied));
  }

  requested(request: LoadTestRequest): void {
    if (request.action === 'stop') {
      const why = `${request.requestedBy}: ${request.reason}`;
      [this.#asked, this.#stopped] = [undefined, { untilMs: undefined, why }];
      this.#hear({ kind: 'stop', why });
    } else if (request.action === 'start') {
      [this.#asked, this.#stopped] = [request, undefined];
      this.#nextScheduleMs = Number.NEGATIVE_INFINITY;
    } else if (request.action === 'disturbance') {
      this.#disturbances.push(request);
    }
  }

  /** The controller ends in order: load is taken back at once. */
  shutdown(tick: SteeringTick): SteeringOutput {
    this.#hear({ kind: 'shutdown' });
    return this.tick(tick);
  }

  tick(now: SteeringTick): SteeringOutput {
    const { wallMs, killSwitch, neighbours } = now;
    this.#startedMs ??= wallMs;
    this.#takeLease(wallMs);
    if (killSwitch !== undefined)
      this.#hear({ kind: 'kill_switch', on: killSwitch.on, wallMs: wallMs - killSwitch.ageMs });
    if (neighbours !== undefined) this.#hear({ kind: 'neighbours', tests: neighbours, wallMs });
    this.#hearDisturbances(wallMs);
    const notes = this.#settleSteady(now);
    this.#forgetOldAsk(now, notes);
    this.#holdStopped(now, notes);
    // Weights that were lost come first: no test begins from others.
    const steady = this.#askSteady(now, notes);
    if (steady === undefined) this.#schedule(wallMs);
    const before = this.#controller;
    const turn = this.#hear({ kind: 'tick', ...now });
    if (steady !== undefined && turn.command !== undefined) this.#steady.ordered(steady, { ...now, ...turn.command });
    const { run, rehearsal } = turn.state;
    const begins =
      (before.run === undefined && run !== undefined) || (before.rehearsal === undefined && rehearsal !== undefined);
    if (begins) [this.#runStartedMs, this.#asked] = [wallMs, undefined];
    if (before.pending !== undefined) this.#noteRefusal(turn);
    this.#noteResult(turn, before, wallMs);
    return {
      steps: [...notes.map((note) => this.#stepOf(note, turn)), ...this.#stepsOf(turn, before)],
      command: turn.command,
      capacity: turn.result && capacityRecordOf(turn.result, before.run?.servers, wallMs),
      state: this.#stateToKeep(turn, before, now),
    };
  }

  /** A test that was asked for and does not begin: why is told until it is looked at again. */
  #noteRefusal({ decisions }: ControlTurn): void {
    const refusal = decisions.find(({ action, phase }) => action === 'nothing' && phase === 'idle');
    if (refusal === undefined) return;
    this.#plan = { reason: refusal.reason, rail: refusal.rail };
    if (refusal.rail !== undefined && neverRails.has(refusal.rail)) this.#asked = undefined;
  }

  /** As of now: another clock than this one cannot shorten the time that tests are held, nor can a late word. */
  #hearDisturbances(wallMs: number): void {
    for (const { what, requestedBy, reason } of this.#disturbances.splice(0)) {
      const known = disturbancesTold.find((each) => each === what) ?? 'other';
      this.#hear({ kind: 'disturbance', what: known, wallMs, words: `${requestedBy}: ${reason}` });
    }
  }

  /** What became of the last order of weights between tests. */
  #settleSteady(now: SteeringTick): Decision[] {
    this.#steady.at(now);
    const trouble = this.#steady.settled(this.#controller, now.monotonicMs);
    return trouble === undefined ? [] : [this.#noted(trouble, now)];
  }

  /** While nothing runs, cools down or is about to begin; answers the pool of which an order was given to the controller. */
  #askSteady(now: SteeringTick, notes: Decision[]): string | undefined {
    if (!this.#isFree) return undefined;
    const { capacities, hosts } = { capacities: this.#capacities, hosts: this.#hosts };
    const look = this.#steady.look({
      ...now,
      hosts: () => hosts.scheduled(),
      newestSecondMs: hosts.newestMs,
      capacities,
    });
    if (look?.kind === 'nothing') notes.push(this.#noted(look.reason, now));
    if (look?.kind !== 'order') return undefined;
    this.#steerPool(look.order.pool);
    this.#hear({ kind: 'steady', order: look.order });
    return look.order.pool;
  }

  /** Nothing runs, cools down or is rehearsed. */
  get #isFree(): boolean {
    const { phase, rehearsal, shutdown } = this.#controller;
    return phase === 'idle' && rehearsal === undefined && !shutdown;
  }

  /** Whoever asked may not want it any more: it waits for a rest or a bake, not for another day. */
  #forgetOldAsk(now: SteeringTick, notes: Decision[]): void {
    if (this.#asked === undefined || now.wallMs - this.#asked.timeMs <= askedAgeMsMax) return;
    const { requestedBy, timeMs } = this.#asked;
    const minutes = Math.round((now.wallMs - timeMs) / 60_000);
    notes.push(this.#noted(`the test that ${requestedBy} asked for ${minutes} minutes ago is not begun any more`, now));
    this.#asked = undefined;
  }

  /** That tests are stopped is a record of its own, also where none ran; then what is due is looked at anew. */
  #holdStopped(now: SteeringTick, notes: Decision[]): void {
    const before = this.#stopped;
    this.#stopped = stoppedAt(before, now.wallMs);
    if (this.#stopped === before) return;
    this.#nextScheduleMs = Number.NEGATIVE_INFINITY;
    const reason = this.#stopped === undefined ? 'tests are not stopped any more' : stoppedWords(this.#stopped);
    notes.push({ ...this.#noted(reason, now), rail: 'stopped' });
  }

  #noted(reason: string, now: SteeringTick): Decision {
    return decided(this.#controller, { kind: 'tick', ...now }, { action: 'nothing', reason });
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
    const { cooldownUntilMs } = this.#controller;
    if (!this.#isFree || this.#steady.isBusy || wallMs < this.#nextScheduleMs) return;
    this.#nextScheduleMs = wallMs + scheduleEveryMs;
    const { tier } = this.#entry;
    const asked = this.#asked;
    const rail = this.#stopped && 'stopped';
    const because = this.#stopped ? stoppedWords(this.#stopped) : this.#whyNotBeside(wallMs);
    if (because !== undefined) {
      this.#plan = { reason: `did nothing, because ${because}`, rail };
      return;
    }
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
      steadyWeights: this.#steady.safeWeights,
      drained: this.#drained,
      cooldownUntilMs: new Map([[tier, cooldownUntilMs]]),
      startedMs: asked === undefined ? this.#startedMs! : 0,
      nowMs: wallMs,
      seed: 1,
    });
    this.#plan = { reason: plan!.reason, rail: undefined };
    if (plan!.kind !== 'start') return;
    this.#steerPool(plan!.test.pool);
    this.#hear({ kind: 'start', request: plan!.test });
  }

  /** By pool, as the balancers were read last. */
  get #drained(): ReadonlyMap<string, ReadonlySet<string>> {
    const pools = [...this.#poolsSeen].map(([pool, { readback }]) => {
      const servers = readback.filter(({ weight }) => weight === 0).map(({ server }) => server);
      return [pool, new Set(servers)] as const;
    });
    return new Map(pools);
  }

  #whyNotBeside(wallMs: number): string | undefined {
    const { neighbours: names, bakeS } = this.#entry;
    if (names.length === 0) return undefined;
    const endedMs = this.#results.reduce(
      (newest, result) => Math.max(newest, result.endedMs),
      Number.NEGATIVE_INFINITY,
    );
    const restMs = untilOwnTurnMs(endedMs, bakeS) - wallMs;
    if (restMs > 0 && this.#asked === undefined)
      return `its neighbours may go first for another ${Math.ceil(restMs / 1_000)} s`;
    return whyNotBeside(this.#controller.neighbours, { names, bakeS, wallMs });
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

  #noteResult({ result, decisions }: ControlTurn, before: ControllerState, wallMs: number): void {
    // A test that gave way to a neighbour's has said nothing of the tier: it is as due as before.
    if (result === undefined || decisions.some(({ rail }) => rail === 'neighbour')) return;
    const { tier, generation, build, outcome, estimate } = result;
    if (outcome === 'found' && estimate !== undefined) {
      const found = { generation, build, lowHitsPerS: estimate.lo, endedMs: wallMs };
      this.#capacities = withFound(this.#capacities, found);
    }
    this.#hosts.tested((before.run?.request ?? before.rehearsal)?.panel ?? [], wallMs);
    this.#results = [{ tier, generation, build, endedMs: wallMs, outcome }, ...this.#results].slice(0, resultsMax);
  }

  #stepsOf({ decisions, command, result, state }: ControlTurn, before: ControllerState): LoadTestStep[] {
    return decisions.map((decision, at) => {
      const isLast = at === decisions.length - 1;
      return stepRecordOf(this.#told(decision), {
        tier: this.#entry.tier,
        epoch: state.epoch,
        run: state.run ?? before.run,
        request: (state.run ?? before.run)?.request ?? before.rehearsal,
        startedMs: this.#runStartedMs ?? decision.timeMs,
        command: isLast ? command : undefined,
        result: isLast ? result : undefined,
      });
    });
  }

  /** With what the controller does not know: why nothing runs, and that nothing will after a rest. */
  #told(decision: Decision): Decision {
    const { action, phase, reason } = decision;
    if (action === 'idle' && phase === 'idle') return { ...decision, ...this.#plan };
    if (action !== 'cool_down' || this.#stopped === undefined) return decision;
    return { ...decision, reason: `${reason}; ${stoppedWords(this.#stopped)}`, rail: 'stopped' };
  }

  /** A decision that is not the controller's, and of no test. */
  #stepOf(note: Decision, { state }: ControlTurn): LoadTestStep {
    const { tier } = this.#entry;
    const facts = { tier, epoch: state.epoch, startedMs: note.timeMs };
    return stepRecordOf(note, { ...facts, run: undefined, request: undefined, command: undefined, result: undefined });
  }

  /** At every change of phase, and now and then: a restart abandons a run, so of one its request is enough. */
  #stateToKeep(turn: ControlTurn, before: ControllerState, { wallMs }: SteeringTick): SteeringState | undefined {
    const { state, result } = turn;
    const isNew =
      state.phase !== before.phase ||
      state.disturbedMs !== this.#kept?.controller.disturbedMs ||
      state.epoch !== before.epoch ||
      this.#asked !== this.#kept?.asked ||
      this.#stopped !== this.#kept?.stopped ||
      result !== undefined;
    const isSteady = this.#steady.revision !== this.#steadyKept;
    if (!isNew && !isSteady && wallMs < this.#keepDueMs) return undefined;
    this.#keepDueMs = wallMs + keptEveryMs;
    this.#steadyKept = this.#steady.revision;
    this.#kept = {
      controller: state,
      results: this.#results,
      startedMs: this.#startedMs!,
      asked: this.#asked,
      stopped: this.#stopped,
      capacities: this.#capacities,
      steadyPools: this.#steady.kept,
    };
    return this.#kept;
  }
}
