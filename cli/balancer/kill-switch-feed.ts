import { killScopeCovers } from '../../schemas/weight-records.ts';
import type { FeedOptions } from './control-feed.ts';
import { PartitionTail, type TailRecord } from './partition-tail.ts';
import { ValueReader } from './value-reader.ts';

const topic = 'loadbalancer.killswitch.v1';

/**
 * Tells an adapter at every poll what the kill switches of its pool, its tier and all pools say. The whole topic is read
 * at the start: a switch may have been engaged long ago. While the newest record of such a scope cannot be read nothing
 * is said, so its state soon counts as unknown; one that is engaged elsewhere counts all the same.
 */
export class KillSwitchFeed {
  readonly #adapter: FeedOptions['adapter'];
  readonly #values: ValueReader<typeof topic>;
  readonly #tail: PartitionTail;
  /** Only scopes that cover the pool: three at most. */
  readonly #scopes = new Map<string, 'engaged' | 'off' | 'unreadable'>();

  constructor({ log, registry, adapter, clock }: FeedOptions) {
    this.#adapter = adapter;
    this.#values = new ValueReader(topic, registry);
    this.#tail = new PartitionTail({ log, topic, partition: () => 0, from: 'start', clock });
  }

  /** Rejects when the log or the registry is away: the adapter hears nothing then. */
  async poll(): Promise<void> {
    const reader = { begin: () => this.#scopes.clear(), take: (record: TailRecord) => this.#take(record) };
    const atMs = await this.#tail.poll(reader);
    const states = [...this.#scopes.values()];
    const engaged = states.includes('engaged');
    if (engaged || !states.includes('unreadable')) await this.#adapter.onKillSwitch({ engaged, atMs });
  }

  async #take({ key, value, offset }: TailRecord): Promise<void> {
    const scope = key?.toString();
    if (scope === undefined || !killScopeCovers(scope, this.#adapter)) return;
    if (value === null) {
      this.#scopes.delete(scope);
      return;
    }
    const read = await this.#values.read(value, offset);
    const other = read !== undefined && read.scope !== scope;
    if (other) this.#values.tellUnreadable(offset, `its key is scope ${scope}, its value says scope ${read.scope}`);
    if (read === undefined || other) this.#scopes.set(scope, 'unreadable');
    else this.#scopes.set(scope, read.engaged ? 'engaged' : 'off');
  }
}
