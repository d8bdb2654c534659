import type { WeightApplied } from '../../../schemas/weight-records.ts';
import type { Weights } from '../../../schemas/weight-state.ts';
import { type ControlWorld, isRaised, safeWeight } from './control-world.ts';
import type { ControllerProcess } from './controller-process.ts';

/** The weights of the balancer became others: by a write of the adapter, or (without a version) by a reload. */
export interface BalancerChange {
  readonly atMs: number;
  readonly version: string | undefined;
  readonly before: Weights;
  readonly weights: Weights;
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

/** What really happens in a world, as nobody in it can know it. */
export class Watch {
  readonly changes: BalancerChange[] = [];
  readonly reports: Report[] = [];
  /** When seconds of telemetry were in the log: their ends. */
  readonly seconds: Known<number>[] = [];
  /** What the topic of kill switches says, and whether it can be read. */
  readonly switchStates: Known<{ readonly engaged: boolean; readonly readable: boolean }>[] = [];
  /** What is wrong and can be seen only while it is. */
  readonly findings: string[] = [];
  /** Controllers that died or stood still while they had raised load. */
  deathsInRamp = 0;
  readonly #world: ControlWorld;
  #writing: string | undefined;
  #stands: Weights;
  #steers: ControllerProcess | undefined;
  #safeOrRenewedMs: number;
  #engaged = false;

  constructor(world: ControlWorld) {
    this.#world = world;
    this.#stands = world.balancer.weights;
    this.#safeOrRenewedMs = world.clock.nowMs();
    world.balancer.onChange = (weights) => this.#changed(weights, this.#writing);
  }

  start(): void {
    this.#look();
  }

  /** The adapter is about to write for this command, `epoch.seq`, or back to `safe.time`. */
  writing(version: string): void {
    this.#writing = version;
  }

  reloaded(): void {
    this.#changed(this.#world.balancer.weights, undefined);
  }

  reported(applied: WeightApplied): void {
    this.reports.push({ atMs: this.#world.clock.nowMs(), applied });
  }

  secondArrived(endMs: number): void {
    this.seconds.push({ atMs: this.#world.clock.nowMs(), is: endMs });
  }

  get isEngaged(): boolean {
    return this.#engaged;
  }

  switched(engaged: boolean): void {
    this.#engaged = engaged;
    this.#noteSwitch();
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
    const { clock } = this.#world;
    if (controller !== this.#steers || !this.#world.isRaised) return;
    this.deathsInRamp++;
    const diedMs = clock.nowMs();
    const epoch = this.#epochNow();
    clock.after(safeWithinMs, () => {
      if (!this.#world.isRaised || controller.log.state === 'running') return;
      const successor = this.reports.some(
        ({ atMs, applied }) => atMs > diedMs && applied.status === 'applied' && applied.epoch > epoch,
      );
      if (!successor && this.#adapterCouldRevert(diedMs))
        this.findings.push(`raised ${safeWithinMs} ms after the controller died at ${diedMs}, and nobody commands`);
    });
  }

  #epochNow(): number {
    return Math.max(
      0,
      ...this.reports.filter(({ applied }) => applied.status === 'applied').map((r) => r.applied.epoch),
    );
  }

  #unableMs = Number.NEGATIVE_INFINITY;

  #adapterCouldRevert(sinceMs: number): boolean {
    return this.#unableMs < sinceMs;
  }

  /** The dead man: raised weights stand on a command that came in time, or nobody was there to take them back. */
  #look(): void {
    const { clock, adapter, balancerWay, balancer } = this.#world;
    const nowMs = clock.nowMs();
    clock.after(lookEveryMs, () => this.#look());
    this.#noteSwitch();
    const unable = adapter.log.state !== 'running' || balancerWay.away || balancerWay.answerLostRatio > 0;
    if (unable) this.#unableMs = nowMs;
    if (unable || !isRaised(balancer.weights)) this.#safeOrRenewedMs = nowMs;
    const accepted = this.reports.findLast(({ applied }) => applied.status === 'applied')?.atMs;
    const aloneMs = nowMs - Math.max(this.#safeOrRenewedMs, accepted ?? 0);
    if (aloneMs > safeWithinMs) this.findings.push(`raised for ${aloneMs} ms without a command, at ${nowMs}`);
  }

  #noteSwitch(): void {
    const { cluster, switches, clock } = this.#world;
    const is = { engaged: this.#engaged, readable: !cluster.away && !switches.away };
    const last = this.switchStates.at(-1)?.is;
    if (last?.engaged !== is.engaged || last.readable !== is.readable)
      this.switchStates.push({ atMs: clock.nowMs(), is });
  }

  #changed(weights: Weights, version: string | undefined): void {
    this.changes.push({ atMs: this.#world.clock.nowMs(), version, before: this.#stands, weights });
    this.#stands = weights;
    this.#writing = undefined;
    const raised = [...weights].filter(([, weight]) => weight > safeWeight);
    if (raised.length > 2)
      this.findings.push(`${raised.length} servers raised by ${version} at ${this.#world.clock.nowMs()}`);
  }
}

export const isSafe = (weights: Weights): boolean => [...weights.values()].every((weight) => weight === safeWeight);
