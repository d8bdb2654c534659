import type { Clock } from '../../base/clock.ts';
import { logLines } from '../../base/log-lines.ts';
import type { WeightApplied, WeightCommand, WeightStatus } from '../../schemas/weight-records.ts';
import { serverWeights, stateHashOf, type Weights } from '../../schemas/weight-state.ts';
import type { Fence } from './acceptance.ts';
import type { BalancerDriver } from './driver.ts';

/** What a report is about: a command, or what the disk holds of one. */
export type ReportedCommand = Pick<WeightCommand, 'commandId' | 'runId' | 'epoch' | 'seq'>;

/** Weights before, wanted and read back; undefined = the balancer did not answer, or nothing was wanted. */
export interface SeenWeights {
  readonly before: Weights | undefined;
  readonly after: Weights | undefined;
  readonly readback: Weights | undefined;
}

export interface Saying extends SeenWeights {
  readonly status: WeightStatus;
  readonly reason: string;
  readonly about: ReportedCommand | undefined;
  /** Stands in for (epoch, seq) when it is about no command. */
  readonly fence: Fence | undefined;
  /** Of the monotonic clock: receipt of the command, or begin of the own action. */
  readonly sinceMs: number;
}

export interface AdapterVoiceOptions {
  readonly name: string;
  readonly pool: string;
  readonly tier: string;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly report: (applied: WeightApplied) => void;
  readonly driver: Pick<BalancerDriver, 'doubt'>;
}

/** A mismatch or a silence that lasts is told again so often. */
const troubleEveryMs = 10_000;

const lines = logLines('sinks');

/** What an adapter says on `loadbalancer.applied.v1`. */
export class AdapterVoice {
  readonly #options: AdapterVoiceOptions;
  #troubleToldMs = Number.NEGATIVE_INFINITY;
  #observedToldMs = Number.NEGATIVE_INFINITY;

  constructor(options: AdapterVoiceOptions) {
    this.#options = options;
  }

  /** When `observed` was last said, by the monotonic clock. */
  get observedToldMs(): number {
    return this.#observedToldMs;
  }

  say({ status, reason, about, fence, before, after, readback, sinceMs }: Saying): void {
    const { name: adapter, pool, tier, clock, report, driver } = this.#options;
    const doubt = readback && driver.doubt;
    if (status === 'observed') this.#observedToldMs = clock.monotonicMs();
    report({
      adapter,
      pool,
      tier,
      at: clock.nowMs(),
      status,
      reason: doubt === undefined ? reason : `${reason} ${doubt}`,
      commandId: about?.commandId,
      runId: about?.runId,
      epoch: about?.epoch ?? fence?.epoch ?? 0,
      seq: about?.seq ?? fence?.seq ?? 0,
      before: listOf(before),
      after: listOf(after),
      readback: listOf(readback),
      stateHash: readback === undefined ? '' : stateHashOf(readback),
      latencyMs: clock.monotonicMs() - sinceMs,
    });
  }

  /** The same, at once and then now and then: trouble lasts for many ticks. */
  sayTrouble(saying: Saying): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#troubleToldMs < troubleEveryMs) return;
    this.#troubleToldMs = nowMs;
    const { pool } = this.#options;
    lines.warn({ event: 'balancer_trouble', pool, runbook: 'DYNO_BALANCER_UNREACHABLE' }, saying.reason);
    this.say(saying);
  }

  troubleIsOver(): void {
    this.#troubleToldMs = Number.NEGATIVE_INFINITY;
  }
}

const listOf = (weights: Weights | undefined) => (weights === undefined ? [] : serverWeights(weights));
