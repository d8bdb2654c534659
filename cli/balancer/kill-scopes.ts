import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../log/port.ts';
import type { RegistryClient } from '../../log/registry/client.ts';
import { PartitionTail, type TailRecord } from './partition-tail.ts';
import { ValueReader } from './value-reader.ts';

const topic = 'loadbalancer.killswitch.v1';

export interface KillScopesOptions {
  readonly log: Pick<Log, 'topicState' | 'read'>;
  readonly registry: Pick<RegistryClient, 'schemaById'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Which scopes are kept; default all. */
  readonly keeps?: (scope: string) => boolean;
}

/**
 * What the newest record of each kill switch says. The whole topic is read at the start: a switch may have been engaged
 * long ago. One whose newest record cannot be read leaves the state unknown; one that is engaged counts all the same.
 */
export class KillScopes {
  readonly #keeps: (scope: string) => boolean;
  readonly #values: ValueReader<typeof topic>;
  readonly #tail: PartitionTail;
  readonly #scopes = new Map<string, 'engaged' | 'off' | 'unreadable'>();

  constructor({ log, registry, clock, keeps = () => true }: KillScopesOptions) {
    this.#keeps = keeps;
    this.#values = new ValueReader(topic, registry);
    this.#tail = new PartitionTail({ log, topic, partition: () => 0, from: 'start', clock });
  }

  /** Reads to the end; answers when that began, on the monotonic clock. Rejects when the log or the registry is away. */
  poll(): Promise<number> {
    return this.#tail.poll({ begin: () => this.#scopes.clear(), take: (record) => this.#take(record) });
  }

  /** Of all scopes that cover something; undefined = it cannot be told. */
  engaged(covers: (scope: string) => boolean): boolean | undefined {
    const states = [...this.#scopes].filter(([scope]) => covers(scope)).map(([, state]) => state);
    if (states.includes('engaged')) return true;
    return states.includes('unreadable') ? undefined : false;
  }

  async #take({ key, value, offset }: TailRecord): Promise<void> {
    const scope = key?.toString();
    if (scope === undefined || !this.#keeps(scope)) return;
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
