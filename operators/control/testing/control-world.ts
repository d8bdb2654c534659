import type { ServerWeight, WeightCommand } from '../../../schemas/weight-records.ts';
import { type ContentionCurve, contentionMsAt, loadAtContention } from '../../capacity/contention-curve.ts';
import { type ControlTurn, controlTurn } from '../controller.ts';
import { type ControllerState, idleState } from '../controller-state.ts';
import type { Decision } from '../decisions.ts';
import { neverRails } from '../start-rails.ts';
import type { HostSecond, RestSecond, TestRequest, Tick, TierEvent } from '../tier-events.ts';

/** A host of 16 CPUs and 298 ms of CPU time a hit, to which hits come evenly: 50.5 hits/s at 100 ms of contention. */
const serviceS = 0.297942;
const curve: ContentionCurve = {
  saturationHitsPerS: 16 / serviceS,
  servers: 16,
  serviceCv2: 1,
  arrivalCv2: 0.02,
  kappa: 0.51,
};
export const trueLambda100 = loadAtContention(curve, 100);
const baselineMs = 32;
const naturalHitsPerS = 26;
const tierHosts = 160;
const hosts = Array.from({ length: 8 }, (_, i) => `h${i + 1}`);
const restServers = Array.from({ length: tierHosts - hosts.length }, (_, i) => `r${i + 1}`);

export const request: TestRequest = {
  runId: 'run-1',
  tier: 'web',
  pool: 'web-pool',
  generation: 'NHM',
  build: 'b1',
  panel: hosts,
  safeWeights: hosts.map((server) => ({ server, weight: 100 })),
  tierHosts,
  generationHosts: tierHosts,
  slo: { p95Ms: 3_000, errorRatio: 0.01 },
  weightMax: 256,
  largestShare: 0.05,
  bakeS: 900,
  neighbours: [],
  dryRun: false,
};

/** What a test makes different in the seconds to come. */
export interface WorldNow {
  /** Rows of the panel, as they come; [] = none. */
  readonly rows?: (rows: readonly HostSecond[]) => readonly HostSecond[];
  readonly rest?: Partial<RestSecond>;
  readonly live?: boolean;
  readonly tick?: (tick: Tick) => Tick;
  /** undefined = its state is not told. */
  readonly killSwitch?: boolean | undefined;
  /** What the balancer says to a command; undefined = nothing. */
  readonly answer?: (
    command: WeightCommand,
  ) => { readonly status: string; readonly readBack: readonly ServerWeight[] } | undefined;
  readonly noSeconds?: boolean;
}

/** A tier without chance: what it does follows from the weights. One `step` is one second of everything. */
export class ControlWorld {
  state: ControllerState = idleState;
  wallMs = 1_700_000_000_000;
  weights = new Map([...hosts, ...restServers].map((server) => [server, 100]));
  now: WorldNow = {};
  readonly decisions: Decision[] = [];
  readonly commands: WeightCommand[] = [];
  last: ControlTurn | undefined;
  #elapsedMs = 0;
  #wanted: TestRequest | undefined;

  constructor() {
    this.hear({ kind: 'takeover', epoch: 1 });
    this.hear({ kind: 'applied', epoch: 0, seq: 0, status: 'observed', readBack: this.pool, wallMs: this.wallMs });
  }

  /** A world whose test has begun and raised the load at least once. */
  static ramping(): ControlWorld {
    const world = new ControlWorld();
    world.hear({ kind: 'start', request });
    for (let s = 0; s < 200 && world.state.phase !== 'ramp'; s++) world.step();
    world.step(10);
    return world;
  }

  get pool(): ServerWeight[] {
    return [...this.weights].map(([server, weight]) => ({ server, weight }));
  }

  get lastDecision(): Decision {
    return this.decisions.at(-1)!;
  }

  /** A start is asked for each second until it begins or never may, as a scheduler does. */
  hear(event: TierEvent): ControlTurn {
    if (event.kind === 'start') this.#wanted = event.request;
    if (event.kind === 'stop' || event.kind === 'shutdown') this.#wanted = undefined;
    const turn = controlTurn(this.state, event);
    this.state = turn.state;
    return turn;
  }

  /** Some seconds; answers the decision of the last one. */
  step(seconds = 1): Decision {
    for (let s = 0; s < seconds; s++) this.#second();
    return this.lastDecision;
  }

  /** Steps until a decision names this rail, at most so many seconds; answers how many it took, or undefined. */
  secondsUntil(holds: (decision: Decision) => boolean, most: number): number | undefined {
    for (let s = 1; s <= most; s++) if (holds(this.step())) return s;
    return undefined;
  }

  #second(): void {
    this.wallMs += 1_000;
    this.#elapsedMs += 1_000;
    const { now } = this;
    if (!now.noSeconds) this.hear(this.#secondEvent());
    const killSwitch = 'killSwitch' in now ? now.killSwitch : false;
    if (killSwitch !== undefined) this.hear({ kind: 'kill_switch', on: killSwitch, wallMs: this.wallMs });
    if (this.#wanted !== undefined && this.state.phase === 'idle') this.hear({ kind: 'start', request: this.#wanted });
    const tick: Tick = { kind: 'tick', wallMs: this.wallMs, monotonicMs: this.#elapsedMs, brokerMs: this.wallMs };
    const turn = this.hear(now.tick?.(tick) ?? tick);
    this.last = turn;
    this.decisions.push(...turn.decisions);
    const never = turn.decisions.some(({ rail }) => rail !== undefined && neverRails.has(rail));
    if (never || turn.state.run !== undefined || turn.state.rehearsal !== undefined) this.#wanted = undefined;
    if (turn.command !== undefined) this.#obey(turn.command);
  }

  #obey(command: WeightCommand): void {
    this.commands.push(command);
    if (this.now.answer !== undefined) {
      const answer = this.now.answer(command);
      if (answer !== undefined) this.answered(command, answer);
      return;
    }
    for (const { server, weight } of command.weights) this.weights.set(server, weight);
    this.answered(command, { status: 'applied', readBack: this.pool });
  }

  answered(
    { epoch, seq }: WeightCommand,
    answer: { readonly status: string; readonly readBack: readonly ServerWeight[] },
  ): void {
    this.hear({ kind: 'applied', epoch, seq, ...answer, wallMs: this.wallMs });
  }

  #secondEvent(): TierEvent {
    const timeMs = this.wallMs - 1_000;
    const total = [...this.weights.values()].reduce((sum, weight) => sum + weight, 0);
    const perWeight = (naturalHitsPerS * tierHosts) / total;
    const rows = hosts.map((host) => hostSecond(host, timeMs, perWeight * this.weights.get(host)!));
    const restHits = perWeight * this.weights.get('r1')!;
    const rest: RestSecond = {
      hosts: restServers.length,
      healthyHosts: restServers.length,
      staleHosts: 0,
      poolHosts: restServers.length,
      hitsPerS: restHits * restServers.length,
      durationMs: durationAt(restHits),
      busyRatio: restHits / curve.saturationHitsPerS,
      errorsPerS: 0,
      ...this.now.rest,
    };
    return { kind: 'second', timeMs, live: this.now.live ?? true, panel: this.now.rows?.(rows) ?? rows, rest };
  }
}

const durationAt = (hitsPerS: number): number => baselineMs + 1_000 * serviceS + contentionMsAt(curve, hitsPerS);

const hostSecond = (host: string, timeMs: number, hitsPerS: number): HostSecond => ({
  host,
  timeMs,
  hitsPerS,
  durationMs: durationAt(hitsPerS),
  p95Ms: 3 * durationAt(hitsPerS),
  busyRatio: hitsPerS / curve.saturationHitsPerS,
  errorsPerS: 0,
  generation: 'NHM',
  build: 'b1',
  logicalCpus: 16,
  uptimeS: 86_400,
});
