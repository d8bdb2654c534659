import type { WeightApplied } from '../../../schemas/weight-records.ts';
import { sameWeights, type Weights, weightsOf } from '../../../schemas/weight-state.ts';
import { commandOfNumber, numberOf } from './check-commands.ts';
import type { ControllerProcess } from './controller-process.ts';
import { SafeBook } from './safe-book.ts';
import type { SteeredTier } from './steered-tier.ts';

/** The weights of the balancer became others: by a write of the adapter, or (without a version) by a reload or a hand. */
export interface BalancerChange {
  readonly atMs: number;
  readonly version: string | undefined;
  readonly before: Weights;
  readonly weights: Weights;
  /** These are safe weights, as everybody but the adapter knows them. */
  readonly isSafe: boolean;
}

export interface Report {
  readonly atMs: number;
  readonly applied: WeightApplied;
}

export interface Known<T> {
  readonly atMs: number;
  readonly is: T;
}

const lookEveryMs = 200;
/** A command lives 10 s from its append on; then the adapter needs a tick and the balancer. */
const safeWithinMs = 12_000;
/** A look at the file each second, a turn that is under way, and the balancer. */
const killFileSeenMs = 4_000;
/** Somebody was at a server so lately that a write which was under way may not know of it. */
const touchedMs = 5_000;
/** Before it is certain that every process knows the state of the kill switch. */
const switchSettledMs = 6_000;
const redrainMs = 1_000;

/** What really happens to a tier, as nobody in its world can know it. */
export class Watch {
  readonly changes: BalancerChange[] = [];
  readonly reports: Report[] = [];
  /** When seconds of telemetry were in the log: their ends. */
  readonly seconds: Known<number>[] = [];
  /** What the topic of kill switches says, and whether it can be read. */
  readonly switchStates: Known<{ readonly engaged: boolean; readonly readable: boolean }>[] = [];
  readonly killFiles: Known<boolean>[] = [];
  /** What is wrong and can be seen only while it is. */
  readonly findings: string[] = [];
  readonly safe: SafeBook;
  /** Controllers that died or stood still while they had raised load. */
  deathsInRamp = 0;
  readonly #site: SteeredTier;
  #writing: string | undefined;
  #stands: Weights;
  #steers: ControllerProcess | undefined;
  #safeOrRenewedMs: number;
  #unableMs = Number.NEGATIVE_INFINITY;
  #readMs = Number.NEGATIVE_INFINITY;
  readonly #byHand = new Map<string, number>();
  readonly #touchedMs = new Map<string, number>();

  constructor(site: SteeredTier) {
    this.#site = site;
    this.#stands = site.balancer.weights;
    this.safe = new SafeBook(this.#stands);
    this.#safeOrRenewedMs = this.#nowMs;
    site.balancer.onChange = (weights) => this.#changed(weights, this.#writing);
  }

  start(): void {
    this.#look();
  }

  /** Servers with more than their safe weight, but those that have it of a reload or of somebody's hand. */
  raised(weights: Weights): string[] {
    return [...weights]
      .filter(([server, weight]) => this.safe.isOver(server, weight) && this.#byHand.get(server) !== weight)
      .map(([server]) => server);
  }

  /** The adapter reads the balancer. */
  reads(): void {
    this.#readMs = this.#nowMs;
  }

  /** The adapter is about to write for this command, `epoch.seq`, or back to `safe.time`. */
  writing(version: string): void {
    this.#writing = version;
  }

  changedByHand(): void {
    this.#changed(this.#site.balancer.weights, undefined);
  }

  /** An operator drained a server, or gave it back. */
  touched(server: string): void {
    this.#touchedMs.set(server, this.#nowMs);
    this.changedByHand();
  }

  reported(applied: WeightApplied): void {
    this.reports.push({ atMs: this.#nowMs, applied });
    // Only weights between tests are of no test.
    if (applied.status !== 'applied' || applied.runId !== undefined) return;
    const commands = commandOfNumber(this.#site, numberOf(applied));
    if (commands.length !== 1 || commands[0]!.value.mode !== 'steady') return;
    const weights = weightsOf(applied.readback);
    if (this.#mayBeKept()) this.safe.kept(weights);
    else this.safe.written(weights);
  }

  secondArrived(endMs: number): void {
    this.seconds.push({ atMs: this.#nowMs, is: endMs });
  }

  killFileSet(there: boolean): void {
    this.killFiles.push({ atMs: this.#nowMs, is: there });
  }

  /** A controller has committed a command: it steers. */
  commanded(controller: ControllerProcess): void {
    this.#steers = controller;
  }

  get steers(): ControllerProcess | undefined {
    return this.#steers;
  }

  /** Weights are safe again in time, or somebody with a newer lease commands. */
  died(controller: ControllerProcess): void {
    if (controller !== this.#steers || !this.#site.isRaised) return;
    this.deathsInRamp++;
    const diedMs = this.#nowMs;
    const epoch = this.#epochNow();
    this.#site.world.clock.after(safeWithinMs, () => {
      if (!this.#site.isRaised || controller.log.state === 'running') return;
      const successor = this.reports.some(
        ({ atMs, applied }) => atMs > diedMs && applied.status === 'applied' && applied.epoch > epoch,
      );
      if (!successor && this.wasAble(diedMs))
        this.findings.push(`raised ${safeWithinMs} ms after the controller died at ${diedMs}, and nobody commands`);
    });
  }

  /** The adapter lived and reached its balancer ever since. */
  wasAble(sinceMs: number): boolean {
    return this.#unableMs < sinceMs;
  }

  noteSwitch(): void {
    const { cluster, switches, isEngaged: engaged } = this.#site.world;
    const is = { engaged, readable: !cluster.away && !switches.away };
    const last = this.switchStates.at(-1)?.is;
    if (last?.engaged !== is.engaged || last.readable !== is.readable)
      this.switchStates.push({ atMs: this.#nowMs, is });
  }

  get #nowMs(): number {
    return this.#site.world.clock.nowMs();
  }

  #epochNow(): number {
    const accepted = this.reports.filter(({ applied }) => applied.status === 'applied');
    return Math.max(0, ...accepted.map(({ applied }) => applied.epoch));
  }

  /** Nothing has forbidden to keep safe weights for a while. */
  #mayBeKept(): boolean {
    const sinceMs = this.#nowMs - switchSettledMs;
    const last = this.switchStates.at(-1);
    const fileMs = this.killFiles.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
    const isOff = last !== undefined && !last.is.engaged && last.is.readable && last.atMs <= sinceMs;
    return isOff && !this.#site.killFile && fileMs <= sinceMs;
  }

  /** The dead man: raised weights stand on a command that came in time, or nobody was there to take them back. */
  #look(): void {
    const { adapter, balancerWay, isRaised, killFile, world } = this.#site;
    const nowMs = this.#nowMs;
    world.clock.after(lookEveryMs, () => this.#look());
    this.noteSwitch();
    const unable = adapter.log.state !== 'running' || balancerWay.away || balancerWay.answerLostRatio > 0;
    if (unable) this.#unableMs = nowMs;
    if (unable || !isRaised) this.#safeOrRenewedMs = nowMs;
    const accepted = this.reports.findLast(({ applied }) => applied.status === 'applied')?.atMs;
    const aloneMs = nowMs - Math.max(this.#safeOrRenewedMs, accepted ?? 0);
    if (aloneMs > safeWithinMs) this.findings.push(`raised for ${aloneMs} ms without a command, at ${nowMs}`);
    const fileMs = this.killFiles.at(-1)?.atMs ?? nowMs;
    const since = Math.max(fileMs, this.#unableMs);
    if (killFile && isRaised && nowMs - since > killFileSeenMs)
      this.findings.push(`raised although the kill file was there for ${nowMs - fileMs} ms, at ${nowMs}`);
    if (isRaised) this.#besideNeighbours(nowMs);
  }

  #besideNeighbours(nowMs: number): void {
    for (const other of this.#site.world.neighboursOf(this.#site))
      if (other.isRaised && other.watch.wasAble(nowMs - safeWithinMs) && this.wasAble(nowMs - safeWithinMs))
        this.findings.push(`${this.#site.name} and ${other.name} are both raised, at ${nowMs}`);
  }

  #changed(weights: Weights, version: string | undefined): void {
    const atMs = this.#nowMs;
    const before = this.#stands;
    this.#stands = weights;
    this.#writing = undefined;
    for (const [server, weight] of weights) {
      if (before.get(server) === weight) continue;
      if (version === undefined) this.#byHand.set(server, weight);
      else this.#byHand.delete(server);
    }
    const apart = this.#apart(atMs);
    if (version !== undefined && !version.startsWith('safe.')) this.#noteStep(version, weights);
    const isSafe = this.safe.areSafe(weights, apart);
    this.changes.push({ atMs, version, before, weights, isSafe });
    if (version === undefined) return;
    if (version.startsWith('safe.')) this.safe.reverted(weights, apart);
    this.#checkDrained(weights, version);
    const raised = this.raised(weights);
    const most = this.#site.world.panelHostsMax(this.#site);
    if (raised.length > most && !sameWeights(before, weights))
      this.findings.push(`${raised.length} servers are raised by ${version} at ${atMs}, at most ${most} may be`);
  }

  /** Weights between tests have moved. */
  get hasStepped(): boolean {
    return this.safe.hasMoved;
  }

  #noteStep(version: string, weights: Weights): void {
    const commands = commandOfNumber(this.#site, version);
    if (commands.some(({ value }) => value.mode === 'steady')) this.safe.written(weights);
  }

  /** Drained servers, and those of which a write may not know yet that they were given back. */
  #apart(atMs: number): ReadonlySet<string> {
    const lately = [...this.#touchedMs].filter(([, ms]) => atMs - ms <= touchedMs).map(([server]) => server);
    return new Set([...this.#site.drained, ...lately]);
  }

  /** A drained server stays at 0; one that was drained between a read and its write is drained once more. */
  #checkDrained(weights: Weights, version: string): void {
    for (const server of this.#site.drained) {
      if (weights.get(server) === 0) continue;
      if (this.#touchedMs.get(server)! <= this.#readMs)
        this.findings.push(`${server} was drained and has ${weights.get(server)} by ${version} at ${this.#nowMs}`);
      this.#site.world.clock.after(redrainMs, () => {
        if (this.#site.drained.includes(server)) this.#site.drain(server);
      });
    }
  }
}
