import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Log } from '../../log/port.ts';
import type { RegistryClient } from '../../log/registry/client.ts';
import type { LoadTestTier } from '../../schemas/loadtests-file/load-tests.ts';
import { killScopeCovers } from '../../schemas/weight-records.ts';
import { killUnknownAfterMs } from '../../sinks/loadbalancer/kill-switch.ts';
import { PartitionTail, type TailRecord } from '../balancer/partition-tail.ts';
import { ValueReader } from '../balancer/value-reader.ts';

const topic = 'loadbalancer.killswitch.v1';
const pollEveryMs = 500;
const lines = logLines('cli');

export interface KillSwitchesOptions {
  readonly log: Log;
  readonly registry: RegistryClient;
  readonly clock: Clock;
}

/** Follows every kill switch of the log, for who steers many tiers. */
export class KillSwitches {
  readonly #options: KillSwitchesOptions;
  readonly #values: ValueReader<typeof topic>;
  readonly #tail: PartitionTail;
  readonly #scopes = new Map<string, 'engaged' | 'off' | 'unreadable'>();
  readonly #stopped = new AbortController();
  #knownAtMs = Number.NEGATIVE_INFINITY;
  #following: Promise<void> = Promise.resolve();
  #isAway = false;

  constructor(options: KillSwitchesOptions) {
    this.#options = options;
    this.#values = new ValueReader(topic, options.registry);
    this.#tail = new PartitionTail({ ...options, topic, partition: () => 0, from: 'start' });
  }

  start(): void {
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#following;
  }

  /** What the switches of a tier, of its pools and of everything say; undefined = it is not known. */
  stateOf({ tier, pools }: Pick<LoadTestTier, 'tier' | 'pools'>): boolean | undefined {
    const covers = (scope: string): boolean => pools.some(({ name }) => killScopeCovers(scope, { tier, pool: name }));
    const states = [...this.#scopes].filter(([scope]) => covers(scope)).map(([, state]) => state);
    // What was engaged stays so until the topic says otherwise.
    if (states.includes('engaged')) return true;
    const isKnown = this.#options.clock.monotonicMs() - this.#knownAtMs <= killUnknownAfterMs;
    return isKnown && !states.includes('unreadable') ? false : undefined;
  }

  async #follow(): Promise<void> {
    const { clock } = this.#options;
    const reader = { begin: () => this.#scopes.clear(), take: (record: TailRecord) => this.#take(record) };
    while (!this.#stopped.signal.aborted) {
      try {
        this.#knownAtMs = await this.#tail.poll(reader);
        this.#isAway = false;
      } catch (error) {
        if (!this.#isAway)
          lines.warn({ event: 'killswitch_away', error: messageOf(error) }, 'Kill switches are not known.');
        this.#isAway = true;
      }
      await delay(clock, pollEveryMs, this.#stopped.signal);
    }
  }

  async #take({ key, value, offset }: TailRecord): Promise<void> {
    const scope = key?.toString();
    if (scope === undefined) return;
    if (value === null) {
      this.#scopes.delete(scope);
      return;
    }
    const read = await this.#values.read(value, offset);
    if (read === undefined || read.scope !== scope) this.#scopes.set(scope, 'unreadable');
    else this.#scopes.set(scope, read.engaged ? 'engaged' : 'off');
  }
}
