import { type Clock, delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { KillSwitchReading } from '../../operators/control/steering-io.ts';
import type { LoadTestTier } from '../../schemas/loadtests-file/load-tests.ts';
import { killScopeCovers } from '../../schemas/weight-records.ts';
import { KillScopes, type KillScopesOptions } from '../balancer/kill-scopes.ts';

const pollEveryMs = 500;
const lines = logLines('cli');

/** Follows every kill switch of the log, for who steers many tiers. */
export class KillSwitches {
  readonly #clock: Clock;
  readonly #scopes: KillScopes;
  readonly #stopped = new AbortController();
  #knownAtMs = Number.NEGATIVE_INFINITY;
  #following: Promise<void> = Promise.resolve();
  #isAway = false;

  constructor({ log, registry, clock }: KillScopesOptions & { readonly clock: Clock }) {
    this.#clock = clock;
    this.#scopes = new KillScopes({ log, registry, clock });
  }

  start(): void {
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#following;
  }

  /** What the switches of a tier, of its pools and of everything say, and how old that is; undefined = it is not known. */
  stateOf({ tier, pools }: Pick<LoadTestTier, 'tier' | 'pools'>): KillSwitchReading | undefined {
    const on = this.#scopes.engaged((scope) => pools.some(({ name }) => killScopeCovers(scope, { tier, pool: name })));
    // What was engaged stays so until the topic says otherwise.
    if (on === true) return { on, ageMs: 0 };
    const ageMs = this.#clock.monotonicMs() - this.#knownAtMs;
    return on === undefined || ageMs === Number.POSITIVE_INFINITY ? undefined : { on, ageMs };
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        this.#knownAtMs = await this.#scopes.poll();
        this.#isAway = false;
      } catch (error) {
        if (!this.#isAway)
          lines.warn({ event: 'killswitch_away', error: messageOf(error) }, 'Kill switches are not known.');
        this.#isAway = true;
      }
      await delay(this.#clock, pollEveryMs, signal);
    }
  }
}
