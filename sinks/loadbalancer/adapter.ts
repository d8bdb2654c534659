import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { RevertedWhy, WeightApplied, WeightCommand, WeightStatus } from '../../schemas/weight-records.ts';
import { sameWeights, stateHashOf, type Weights } from '../../schemas/weight-state.ts';
import {
  type Accepted,
  againstFence,
  againstKill,
  againstMessage,
  judgeWeights,
  type Rejection,
} from './acceptance.ts';
import type { AdapterDisk, AdapterState } from './adapter-disk.ts';
import { AdapterVoice, type ReportedCommand, type SeenWeights } from './adapter-voice.ts';
import { type BalancerDriver, type PoolState, weightsOfState } from './driver.ts';
import { KillSwitchState } from './kill-switch.ts';
import { PoolView } from './pool-view.ts';
import { movesTowardsSafe, type Rails } from './rails.ts';
import { type FirstSafeWeights, safeWeightsFor, safeWeightsToKeep } from './safe-weights.ts';

export interface WeightAdapterOptions {
  readonly name: string;
  readonly pool: string;
  readonly tier: string;
  readonly driver: BalancerDriver;
  readonly disk: AdapterDisk;
  /** Only `monotonicMs` decides anything; `nowMs` is for reports. */
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly rails: Rails;
  /** Of servers that no command gave safe weights; without them the balancer's configuration counts. Never on the disk. */
  readonly firstSafeWeights: FirstSafeWeights | undefined;
  /** The local kill switch. Must not throw. */
  readonly killFileExists: () => boolean;
  /** Told of everything, in order. Must not throw. */
  readonly report: (applied: WeightApplied) => void;
}

/** The balancer and the kill file are looked at so often. */
const lookEveryMs = 1_000;
/** `observed` is said so often although nothing changed: who comes late learns the state hash. */
const observedEveryMs = 10_000;
/** Attempts to restore safe weights before the process ends all the same. */
const stopAttempts = 2;

interface Received {
  readonly command: WeightCommand;
  readonly heldMs: number;
  readonly receivedMs: number;
  readonly expiresAtMs: number;
}

interface Live extends ReportedCommand {
  readonly expiresAtMs: number;
}

const lines = logLines('sinks');

/**
 * Applies the commands for one pool of one load balancer and goes back to safe weights by itself: when no command renews
 * the last one in time, when it is killed, when it starts, when it stops, when a read-back is not what was written. It
 * believes no controller: the rails are its own. The rules are in `acceptance.ts` and `rails.ts`.
 *
 * Calls may overlap; they are worked off one after another and never reject. `tick` wants to be called every 200 ms.
 */
export class WeightAdapter {
  readonly #options: WeightAdapterOptions;
  readonly #voice: AdapterVoice;
  readonly #view: PoolView;
  readonly #kill = new KillSwitchState();
  #kept: AdapterState = { fence: undefined, safeWeights: undefined, lastWritten: undefined };
  /** Until then nothing is newer than what a damaged disk lost: an old command may still be on its way. */
  #fencedUntilMs = Number.NEGATIVE_INFINITY;
  #live: Live | undefined;
  /** On the way back to safe weights, and why. Tried again at every tick until it is read back. */
  #reverting: { readonly why: RevertedWhy; readonly about: ReportedCommand | undefined } | undefined;
  #wasKilled = false;
  #phase: 'running' | 'stopping' | 'stopped' = 'running';
  #nextLookMs = Number.NEGATIVE_INFINITY;
  #turns: Promise<void> = Promise.resolve();
  #tickAhead: Promise<void> | undefined;

  constructor(options: WeightAdapterOptions) {
    this.#options = options;
    this.#voice = new AdapterVoice(options);
    this.#view = new PoolView(options.driver, () => this.#nowMs());
  }

  get pool(): string {
    return this.#options.pool;
  }

  get tier(): string {
    return this.#options.tier;
  }

  /** Reads the disk and restores safe weights; what cannot be done now is done by later ticks. */
  start(): Promise<void> {
    const { disk, rails } = this.#options;
    const loaded = disk.load();
    if (loaded === 'torn') {
      this.#fencedUntilMs = this.#nowMs() + rails.ttlMsMax;
      lines.warn(
        { event: 'adapter_state_torn', pool: this.pool, runbook: 'DYNO_BALANCER_STATE_TORN' },
        'The state of the adapter is damaged: no command is taken until every old one has expired.',
      );
    }
    if (typeof loaded === 'object') this.#kept = loaded;
    this.#reverting = { why: 'restart', about: this.#kept.lastWritten };
    return this.tick();
  }

  /**
   * `ageMs`: time since the command was appended to the log, at most; measured without the wall clock. `heldMs`: from the
   * decision to the append, by the clocks of controller and log; a controller that stood still in between says what was
   * right then.
   */
  onCommand(command: WeightCommand, ageMs: number, heldMs = 0): Promise<void> {
    const receivedMs = this.#nowMs();
    const expiresAtMs = receivedMs - ageMs + command.ttlMs;
    return this.#turn(() => this.#take({ command, heldMs, receivedMs, expiresAtMs }));
  }

  /** What the topic says to this pool as of that moment of the monotonic clock; said again and again while it is known. */
  onKillSwitch(heard: { readonly engaged: boolean; readonly atMs: number }): Promise<void> {
    this.#kill.heardTopic(heard);
    return this.#isNewlyKilled() ? this.tick() : Promise.resolve();
  }

  /** Does what is due: expiry, kill switch, drift. While a tick waits for its turn, another one is the same. */
  tick(): Promise<void> {
    this.#tickAhead ??= this.#turn(() => {
      this.#tickAhead = undefined;
      return this.#due();
    });
    return this.#tickAhead;
  }

  /** Restores safe weights, takes no command any more, closes the driver. */
  async stop(): Promise<void> {
    this.#phase = 'stopping';
    await this.#turn(async () => {
      this.#beginRevert('stopped');
      for (let attempt = 1; this.#reverting !== undefined && attempt <= stopAttempts; attempt++) await this.#revert();
      this.#sayObserved('The adapter stops.');
      this.#phase = 'stopped';
    });
    await this.#options.driver.close();
  }

  #turn(work: () => Promise<void> | void): Promise<void> {
    this.#turns = this.#turns.then(work).catch((error: unknown) => {
      const facts = { event: 'adapter_fault', pool: this.pool, error: messageOf(error) };
      lines.error(facts, 'A turn of the adapter failed.');
    });
    return this.#turns;
  }

  async #due(): Promise<void> {
    if (this.#phase === 'stopped') return;
    const nowMs = this.#nowMs();
    const looks = nowMs >= this.#nextLookMs;
    if (looks) {
      this.#nextLookMs = nowMs + lookEveryMs;
      this.#kill.sawFile(this.#options.killFileExists());
    }
    if (this.#live !== undefined && nowMs >= this.#live.expiresAtMs) this.#beginRevert('expired');
    if (this.#isNewlyKilled() && this.#reverting?.why !== 'restart') this.#beginRevert('killed');
    this.#wasKilled = this.#kill.state(nowMs) === 'engaged';
    if (this.#reverting !== undefined) await this.#revert();
    else if (looks) await this.#look();
  }

  #isNewlyKilled(): boolean {
    return !this.#wasKilled && this.#kill.state(this.#nowMs()) === 'engaged';
  }

  async #take(received: Received): Promise<void> {
    const { command, heldMs, expiresAtMs } = received;
    const { rails, driver } = this.#options;
    const place = againstFence(command, this.#kept.fence);
    if (place === 'same') return this.#answer(received, 'duplicate', 'This (epoch, seq) was taken before.');
    if (place === 'older') return this.#reject(received, fenced('A newer (epoch, seq) has been seen.'));
    // Before anything else: whatever becomes of this command, an older one may not follow it.
    const kept = this.#keep({ fence: { epoch: command.epoch, seq: command.seq } });
    const nowMs = this.#nowMs();
    if (nowMs < this.#fencedUntilMs) return this.#reject(received, fenced('What was seen before is not known.'));
    const refused = againstMessage(command, {
      nowMs,
      expiresAtMs,
      ttlMsMax: rails.ttlMsMax,
      modes: driver.limits.modes,
      reverting: this.#reverting !== undefined,
      stopping: this.#phase !== 'running',
    });
    if (refused !== undefined) return this.#reject(received, refused);
    if (!kept) return this.#reject(received, diskFails);
    const state = await this.#look();
    if (state === undefined) return this.#reject(received, { why: 'balancer', reason: this.#unread });
    const verdict = judgeWeights(command, {
      nowMs: this.#nowMs(),
      heldMs,
      state,
      safe: this.#safeFor(state),
      rails,
      limits: driver.limits,
      kill: this.#kill.state(this.#nowMs()),
      lastChangeMs: this.#view.lastWriteMs,
    });
    if ('why' in verdict) return this.#reject(received, verdict);
    if (!command.dryRun) return this.#apply(received, verdict, state);
    const before = weightsOfState(state);
    const seen = { before, after: verdict.weights, readback: before };
    return this.#answer(received, 'dry_run', 'It would have been applied.', seen);
  }

  async #apply(received: Received, { weights, safeWeights }: Accepted, state: PoolState): Promise<void> {
    const { command, expiresAtMs } = received;
    const { commandId, runId, epoch, seq } = command;
    const before = weightsOfState(state);
    const safe = this.#safeFor(state);
    const lastWritten = { commandId, runId, epoch, seq, stateHash: stateHashOf(weights) };
    const writtenBefore = this.#kept.lastWritten;
    // On disk before it is in the balancer: after a kill between the two, it explains what stands there.
    if (!this.#keep({ lastWritten })) return this.#reject(received, diskFails);
    const late = this.#refusedNow(expiresAtMs, { before, weights, safe });
    if (late !== undefined) {
      this.#keep({ lastWritten: writtenBefore });
      return this.#reject(received, late);
    }
    const stands = sameWeights(before, weights);
    const readback = stands ? before : await this.#view.writeAndReadBack(weights, `${epoch}.${seq}`);
    const seen = { before, after: weights, readback };
    if (readback === undefined || !sameWeights(readback, weights)) {
      const reason = readback === undefined ? 'The balancer did not answer.' : 'The balancer has other weights.';
      this.#answer(received, 'readback_mismatch', reason, seen);
      this.#beginRevert('mismatch', command);
      return this.#revert();
    }
    // A revert has nothing to expire: it is where expiry leads.
    this.#live = command.mode === 'revert' ? undefined : { commandId, runId, epoch, seq, expiresAtMs };
    const reason = stands ? 'The weights stand; the time is renewed.' : 'Written and read back.';
    const kept = safeWeights === undefined || this.#keepSafe(safeWeights);
    const unkept = kept ? '' : ' Its safe weights were not kept: those before it stay.';
    this.#answer(received, 'applied', `${reason}${unkept}`, seen);
  }

  /**
   * Only of a command whose weights stand: a revert never goes where a refused command wanted to, and one after a kill
   * before this goes to those that were safe before. What came while the balancer wrote counts here too.
   */
  #keepSafe(commanded: Weights): boolean {
    if (this.#kill.state(this.#nowMs()) !== 'off') return false;
    return this.#keep({ safeWeights: safeWeightsToKeep(commanded, this.#kept.safeWeights) });
  }

  /** Reading and keeping took time: what has changed meanwhile counts. */
  #refusedNow(
    expiresAtMs: number,
    { before, weights, safe }: { readonly before: Weights; readonly weights: Weights; readonly safe: Weights },
  ): Rejection | undefined {
    const nowMs = this.#nowMs();
    if (nowMs >= expiresAtMs) return { why: 'expired', reason: 'It expired while the balancer was asked.' };
    const towardsSafe = movesTowardsSafe(before, weights, safe);
    return againstKill(this.#kill.state(nowMs), towardsSafe, sameWeights(before, weights));
  }

  #beginRevert(why: RevertedWhy, about: ReportedCommand | undefined = this.#live): void {
    this.#reverting = { why, about: about ?? this.#reverting?.about };
    this.#live = undefined;
  }

  /** One attempt; what fails stays to be done. */
  async #revert(): Promise<void> {
    if (this.#reverting === undefined) return;
    const { why, about } = this.#reverting;
    const sinceMs = this.#nowMs();
    const common = { about, fence: this.#kept.fence, sinceMs };
    const state = await this.#readAndTellDrift();
    if (state === undefined) {
      const reason = `Safe weights (${why}) wait. ${this.#unread}`;
      return this.#voice.sayTrouble({ status: 'observed', reason, ...common, ...nothingSeen });
    }
    const before = weightsOfState(state);
    const after = this.#safeFor(state);
    const stands = sameWeights(before, after);
    const readback = stands ? before : await this.#view.writeAndReadBack(after, `safe.${Math.round(sinceMs)}`);
    const seen = { before, after, readback };
    if (readback === undefined || !sameWeights(readback, after)) {
      const reason = `Safe weights (${why}) were written and not read back; they are written again.`;
      return this.#voice.sayTrouble({ status: 'readback_mismatch', reason, ...common, ...seen });
    }
    this.#reverting = undefined;
    this.#voice.troubleIsOver();
    this.#voice.say({ status: `reverted_${why}`, reason: reasonOfRevert[why], ...common, ...seen });
    if (why === 'restart') this.#sayObserved('The adapter has started.');
  }

  /** Reads the balancer; what is to be told of it is told, now and then also that nothing has changed. */
  async #look(): Promise<PoolState | undefined> {
    const silent = this.#view.state === undefined;
    const state = await this.#readAndTellDrift();
    if (state === undefined) {
      const common = { about: this.#live, fence: this.#kept.fence, sinceMs: this.#nowMs() };
      this.#voice.sayTrouble({
        status: 'observed',
        reason: this.#unread,
        ...common,
        ...nothingSeen,
      });
      return undefined;
    }
    this.#voice.troubleIsOver();
    if (silent) this.#sayObserved('The balancer answers again.');
    else if (this.#nowMs() >= this.#voice.observedToldMs + observedEveryMs) this.#sayObserved('Nothing has changed.');
    return state;
  }

  async #readAndTellDrift(): Promise<PoolState | undefined> {
    const known = this.#view.lastKnown;
    const state = await this.#view.read();
    if (known !== undefined && state !== undefined && !sameWeights(known, weightsOfState(state)))
      this.#sayObserved('The weights changed without this adapter: a reload, or somebody.', known);
    return state;
  }

  /** What fences counts at once, all else only when it is on the disk. */
  #keep(change: Partial<AdapterState>): boolean {
    const kept = { ...this.#kept, ...change };
    this.#kept = { ...this.#kept, fence: kept.fence };
    try {
      this.#options.disk.save(kept);
      this.#kept = kept;
      return true;
    } catch (error) {
      lines.error({ event: 'adapter_state_unwritten', pool: this.pool, error: messageOf(error) }, 'The disk fails.');
      return false;
    }
  }

  #reject(received: Received, { why, reason }: Rejection): void {
    this.#answer(received, `rejected_${why}`, reason);
  }

  #answer({ command, receivedMs }: Received, status: WeightStatus, reason: string, seen?: SeenWeights): void {
    const stands = this.#view.weights;
    const weights = seen ?? { before: stands, after: stands, readback: stands };
    this.#voice.say({ status, reason, about: command, fence: undefined, sinceMs: receivedMs, ...weights });
  }

  #sayObserved(reason: string, known?: Weights): void {
    const readback = this.#view.weights;
    const common = { about: this.#live, fence: this.#kept.fence, sinceMs: this.#nowMs() };
    this.#voice.say({ status: 'observed', reason, ...common, before: known ?? readback, after: readback, readback });
  }

  get #unread(): string {
    return `The balancer does not answer: ${this.#view.trouble}.`;
  }

  #safeFor(state: PoolState): Weights {
    return safeWeightsFor(state, this.#kept.safeWeights, this.#options.firstSafeWeights);
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}

const nothingSeen: SeenWeights = { before: undefined, after: undefined, readback: undefined };
const fenced = (reason: string): Rejection => ({ why: 'fenced', reason });
const diskFails: Rejection = { why: 'disk', reason: 'Its (epoch, seq) or weights could not be kept on disk.' };

const reasonOfRevert: Readonly<Record<RevertedWhy, string>> = {
  expired: 'No command renewed the last one in time.',
  killed: 'The kill switch is engaged.',
  restart: 'The adapter has started; what was commanded before is not known to be alive.',
  mismatch: 'A read-back was not what had been written.',
  stopped: 'The adapter stops.',
};
