import { type ControlTurn, controlTurn } from '../../operators/control/controller.ts';
import { type ControllerState, idleState } from '../../operators/control/controller-state.ts';
import type { Decision, RunResult } from '../../operators/control/decisions.ts';
import { neverRails } from '../../operators/control/start-rails.ts';
import type { TestRequest, TierEvent } from '../../operators/control/tier-events.ts';
import type { WeightApplied, WeightCommand } from '../../schemas/weight-records.ts';
import { SimulatedTier } from '../../simulate/loadtest/simulated-tier.ts';
import type { HostRow, TierTelemetry } from '../../simulate/loadtest/tier-telemetry.ts';
import type { WorldOptions } from '../../simulate/loadtest/world-options.ts';
import { ContentionScore } from './contention-score.ts';
import { type ControlFault, isOver } from './control-faults.ts';
import { SimulatedAdapter } from './simulated-adapter.ts';

/** Weight of every server between tests. */
const safeWeight = 100;
const tier = 'web';
const pool = 'web-pool';
/** Until the agent's second is complete, in the topic and at the controller. */
const pipelineMs = 1_000;
/** At most so long ago was a command appended when the adapter reads it. */
const commandAgeMs = 200;
const weightMax = 256;

export interface ControlledTierOptions {
  readonly world: WorldOptions;
  readonly faults?: readonly ControlFault[];
  readonly sloP95Ms?: number;
}

/** One tick of one controller, as its audit would have it. */
export interface TurnRecord {
  readonly controller: number;
  readonly wallMs: number;
  readonly before: ControllerState;
  readonly turn: ControlTurn;
}

/**
 * A simulated tier with everything that steers it, in virtual time: controller, the adapter that production uses, and a
 * balancer in memory. One call of `nextSecond` is one second of all of them. The controller sees telemetry only.
 */
export class ControlledTier {
  readonly tier: SimulatedTier;
  readonly score = new ContentionScore();
  readonly adapter: SimulatedAdapter;
  readonly request: TestRequest;
  readonly decisions: Decision[] = [];
  result: RunResult | undefined;
  /** Told of every turn of every controller. */
  onTurn: (record: TurnRecord) => void = () => {};
  readonly #faults: readonly ControlFault[];
  /** A second controller is there while a fault says so. */
  readonly #controllers: ControllerState[] = [idleState];
  readonly #startMs: number;
  #elapsedS = 0;
  #asks = true;
  /** On their way through the log. */
  #seconds: Extract<TierEvent, { readonly kind: 'second' }>[] = [];
  #answers: WeightApplied[] = [];

  constructor({ world, faults = [], sloP95Ms = 60_000 }: ControlledTierOptions) {
    this.tier = new SimulatedTier(world);
    this.#faults = faults;
    this.#startMs = world.startMs;
    const rest = Array.from({ length: world.tierHosts - world.panelHosts }, (_, i) => `rest-${i + 1}`);
    const servers = [...this.tier.panelNames, ...rest].map((server) => [server, safeWeight] as const);
    this.adapter = new SimulatedAdapter({ tier, pool, weights: new Map(servers), nowMs: () => this.nowMs });
    this.request = {
      runId: `simulated-${world.seed}`,
      tier,
      pool,
      generation: world.generation,
      build: 'build-1',
      panel: this.tier.panelNames,
      safeWeights: this.tier.panelNames.map((server) => ({ server, weight: safeWeight })),
      tierHosts: world.tierHosts,
      generationHosts: world.tierHosts,
      slo: { p95Ms: sloP95Ms, errorRatio: 0.005 },
      weightMax,
      largestShare: 0.05,
      bakeS: 900,
      neighbours: [],
      dryRun: false,
    };
  }

  async start(): Promise<void> {
    await this.adapter.start();
    this.#answers.push(...this.adapter.takeReports());
    this.#hear(0, { kind: 'takeover', epoch: 1 });
  }

  /** The test has not begun, and may still. */
  get waits(): boolean {
    return this.#asks;
  }

  /** Of the first controller. */
  get state(): ControllerState {
    return this.#controllers[0]!;
  }

  get nowMs(): number {
    return this.#startMs + 1_000 * this.#elapsedS;
  }

  get elapsedS(): number {
    return this.#elapsedS;
  }

  stop(why: string): void {
    this.#asks = false;
    this.#hear(0, { kind: 'stop', why });
  }

  async nextSecond(): Promise<void> {
    const weights = this.adapter.balancer.weights;
    const telemetry = this.tier.next(this.tier.panelNames.map((server) => weights.get(server)!));
    this.score.add(this.tier.truth);
    this.#elapsedS++;
    this.#seconds.push(secondOf(telemetry));
    this.#befall();
    const stalled = this.#is('broker_stall');
    await this.adapter.second({ engaged: this.#is('kill_switch'), heard: !stalled });
    this.#answers.push(...this.adapter.takeReports());
    if (!stalled) this.#deliver();
    // As a scheduler does: until it begins.
    if (this.#asks) this.#hear(0, { kind: 'start', request: this.request });
    for (const number of this.#controllers.keys()) await this.#tick(number, stalled);
    const never = this.decisions.some(({ rail }) => rail !== undefined && neverRails.has(rail));
    if (this.state.run !== undefined || this.result !== undefined || never) this.#asks = false;
  }

  #is(kind: ControlFault['kind']): boolean {
    return this.#faults.some(
      (fault) => fault.kind === kind && this.#elapsedS >= fault.fromS && !isOver(fault, this.#elapsedS),
    );
  }

  #befall(): void {
    this.adapter.isDead = this.#is('adapter_dies');
    this.adapter.killFile = this.#is('kill_file');
    if (this.#faults.some(({ kind, fromS }) => kind === 'balancer_reload' && fromS === this.#elapsedS))
      this.adapter.balancer.reload();
    if (!this.#is('second_controller') || this.#controllers.length > 1) return;
    // It goes on from the state that the first one kept, under a newer lease.
    this.#controllers.push(this.state);
    this.#hear(1, { kind: 'takeover', epoch: this.state.epoch + 1 });
  }

  /** What is complete by now, in the order of the log; a backlog is told as one. */
  #deliver(): void {
    const complete = this.#seconds.filter(({ timeMs }) => timeMs <= this.nowMs - pipelineMs);
    this.#seconds = this.#seconds.slice(complete.length);
    const answers = this.#answers.splice(0);
    for (const number of this.#controllers.keys()) {
      if (number === 0 && this.#is('controller_dies')) continue;
      for (const answer of answers) this.#hear(number, appliedOf(answer));
      for (const [at, second] of complete.entries())
        this.#hear(number, { ...second, live: at === complete.length - 1 });
      if (!this.#is('kill_switch_unknown'))
        this.#hear(number, { kind: 'kill_switch', on: this.#is('kill_switch'), wallMs: this.nowMs });
    }
  }

  async #tick(number: number, stalled: boolean): Promise<void> {
    if (number === 0 && this.#is('controller_dies')) return;
    const skewMs = number === 0 && this.#is('clock_skew') ? 1_500 : 0;
    const event: TierEvent = {
      kind: 'tick',
      wallMs: this.nowMs + skewMs,
      monotonicMs: 1_000 * this.#elapsedS,
      brokerMs: this.nowMs,
    };
    const { command } = this.#hear(number, event);
    // A log that is away takes no command.
    if (command !== undefined && !stalled) await this.#send(command);
  }

  async #send(command: WeightCommand): Promise<void> {
    await this.adapter.command(command, commandAgeMs);
    this.#answers.push(...this.adapter.takeReports());
  }

  #hear(number: number, event: TierEvent): ControlTurn {
    const before = this.#controllers[number]!;
    const turn = controlTurn(before, event);
    this.#controllers[number] = turn.state;
    if (event.kind === 'tick') this.onTurn({ controller: number, wallMs: event.wallMs, before, turn });
    if (number === 0) {
      this.decisions.push(...turn.decisions);
      this.result ??= turn.result;
    }
    return turn;
  }
}

function secondOf({ timeMs, panel, rest }: TierTelemetry): Extract<TierEvent, { readonly kind: 'second' }> {
  const { cpuBusyRatio, ...sums } = rest;
  return {
    kind: 'second',
    timeMs,
    live: true,
    panel: panel.map(hostSecond),
    rest: { ...sums, poolHosts: sums.hosts, busyRatio: cpuBusyRatio },
  };
}

const hostSecond = ({ cpuBusyRatio, ...row }: HostRow) => ({ ...row, busyRatio: cpuBusyRatio });

const appliedOf = ({ epoch, seq, status, readback, at }: WeightApplied): TierEvent => ({
  kind: 'applied',
  epoch,
  seq,
  status,
  readBack: readback,
  wallMs: at,
});
