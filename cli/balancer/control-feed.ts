import type { Clock } from '../../base/clock.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import type { RegistryClient } from '../../log/registry/client.ts';
import type { WeightAdapter } from '../../sinks/loadbalancer/adapter.ts';
import { PartitionTail, type TailRecord } from './partition-tail.ts';
import { ValueReader } from './value-reader.ts';

const topic = 'loadbalancer.control.v1';

export interface FeedOptions {
  readonly log: Pick<Log, 'topicState' | 'read'>;
  readonly registry: Pick<RegistryClient, 'schemaById'>;
  readonly adapter: Pick<WeightAdapter, 'pool' | 'tier' | 'onCommand' | 'onKillSwitch'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Gives an adapter the commands of its pool that come from now on: what is older has expired, or soon will. */
export class ControlFeed {
  readonly #adapter: FeedOptions['adapter'];
  readonly #values: ValueReader<typeof topic>;
  readonly #tail: PartitionTail;

  constructor({ log, registry, adapter, clock }: FeedOptions) {
    this.#adapter = adapter;
    this.#values = new ValueReader(topic, registry);
    const partition = (partitions: number): number => partitionOf(adapter.tier, partitions);
    this.#tail = new PartitionTail({ log, topic, partition, from: 'end', clock });
  }

  /** Rejects when the log or the registry is away; nothing is passed over then. */
  async poll(): Promise<void> {
    await this.#tail.poll({ begin: () => {}, take: (record) => this.#take(record) });
  }

  /** Waits for the adapter, so what waits there is one command at most. */
  async #take({ key, value, offset, appendMs, ageMs }: TailRecord): Promise<void> {
    const { pool } = this.#adapter;
    if (value === null || key?.toString() !== pool) return;
    const command = await this.#values.read(value, offset);
    if (command === undefined) return;
    if (command.pool !== pool)
      return this.#values.tellUnreadable(offset, `its key is pool ${pool}, its value says pool ${command.pool}`);
    await this.#adapter.onCommand(command, ageMs, appendMs - command.issuedAt);
  }
}
