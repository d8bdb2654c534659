import { killScopeCovers } from '../../schemas/weight-records.ts';
import type { FeedOptions } from './control-feed.ts';
import { KillScopes } from './kill-scopes.ts';

/**
 * Tells an adapter at every poll what the kill switches of its pool, its tier and all pools say. While that cannot be told
 * nothing is said, so its state soon counts as unknown.
 */
export class KillSwitchFeed {
  readonly #adapter: FeedOptions['adapter'];
  readonly #scopes: KillScopes;

  constructor({ log, registry, adapter, clock }: FeedOptions) {
    this.#adapter = adapter;
    // Three at most.
    this.#scopes = new KillScopes({ log, registry, clock, keeps: (scope) => killScopeCovers(scope, adapter) });
  }

  /** Rejects when the log or the registry is away: the adapter hears nothing then. */
  async poll(): Promise<void> {
    const atMs = await this.#scopes.poll();
    const engaged = this.#scopes.engaged(() => true);
    if (engaged !== undefined) await this.#adapter.onKillSwitch({ engaged, atMs });
  }
}
