import { type Clock, delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import type { RegistryClient } from '../../log/registry/client.ts';
import { limits } from '../../operators/control/limits.ts';
import { type NeighbourTest, withStep } from '../../operators/control/neighbour-tests.ts';
import { firstOffsetAppendedFrom } from '../../pipelines/runtime/begin-at-time.ts';
import type { LoadTestTier } from '../../schemas/loadtests-file/load-tests.ts';
import { PartitionTail } from '../balancer/partition-tail.ts';
import { ValueReader } from '../balancer/value-reader.ts';

const topic = 'instantdyno.loadtests.v1';
const pollEveryMs = 500;
/** A controller that tests says so each second; without a word for so long its commands have expired. */
const silentAfterMs = 15_000;

export interface NeighbourTestsOptions {
  readonly log: Pick<Log, 'topicState' | 'read'>;
  readonly registry: Pick<RegistryClient, 'schemaById'>;
  readonly clock: Clock;
  readonly tiers: readonly Pick<LoadTestTier, 'tier' | 'neighbours' | 'bakeS'>[];
}

interface Followed {
  readonly tail: PartitionTail;
  test: NeighbourTest;
  /** When its newest decision was read, monotonic clock. */
  heardMs: number;
}

const lines = logLines('cli');

/** Follows the decisions of every tier that another one names as its neighbour, in whatever process they are made. */
export class NeighbourTests {
  readonly #options: NeighbourTestsOptions;
  readonly #followed: ReadonlyMap<string, Followed>;
  readonly #values: ValueReader<typeof topic>;
  readonly #stopped = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #isAway = false;

  constructor(options: NeighbourTestsOptions) {
    this.#options = options;
    this.#values = new ValueReader(topic, options.registry);
    const names = new Set(options.tiers.flatMap(({ neighbours }) => neighbours));
    this.#followed = new Map([...names].map((name) => [name, this.#newFollowed(name)]));
  }

  start(): void {
    if (this.#followed.size > 0) this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#following;
  }

  /** Of the neighbours of a tier; undefined = what one of them did until a few seconds ago has not been read. */
  stateOf({ neighbours }: Pick<LoadTestTier, 'neighbours'>): readonly NeighbourTest[] | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const tests = neighbours.map((name) => {
      const { tail, test, heardMs } = this.#followed.get(name)!;
      if (nowMs - (tail.readThroughMs ?? Number.NEGATIVE_INFINITY) > limits.neighboursUnknownMs) return undefined;
      return nowMs - heardMs > silentAfterMs ? { ...test, sinceMs: undefined } : test;
    });
    return tests.every((test) => test !== undefined) ? tests : undefined;
  }

  /** From so long ago on that a test that runs is seen from its start, and one that ended within any `bake_minutes`. */
  #newFollowed(name: string): Followed {
    const { log, clock, tiers } = this.#options;
    const backMs = 1_000 * (Math.max(...tiers.map(({ bakeS }) => bakeS)) + limits.runMaxS + limits.drainS);
    const tail = new PartitionTail({
      log,
      topic,
      partition: (partitions) => partitionOf(name, partitions),
      from: (at) => firstOffsetAppendedFrom(log, at, clock.nowMs() - backMs),
      clock,
    });
    return { tail, test: { tier: name, sinceMs: undefined, lastMs: undefined }, heardMs: Number.NEGATIVE_INFINITY };
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        for (const [name, followed] of this.#followed) await this.#poll(name, followed);
        this.#isAway = false;
      } catch (error) {
        if (!this.#isAway)
          lines.warn(
            { event: 'neighbours_away', error: messageOf(error) },
            'Tests of neighbouring tiers are not known.',
          );
        this.#isAway = true;
      }
      await delay(this.#options.clock, pollEveryMs, signal);
    }
  }

  async #poll(name: string, followed: Followed): Promise<void> {
    await followed.tail.poll({
      begin: () => {},
      take: async ({ key, value, offset }) => {
        if (key?.toString() !== name || value === null) return;
        const step = await this.#values.read(value, offset);
        if (step === undefined) return;
        followed.test = withStep(followed.test, step);
        followed.heardMs = this.#options.clock.monotonicMs();
      },
    });
  }
}
