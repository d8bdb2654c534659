import { DynoError } from '../../base/errors.ts';
import type {
  GroupOffset,
  Log,
  ProduceRecord,
  RecordBatch,
  SubscribeOptions,
  Subscription,
  SubscriptionListener,
  TopicPartition,
  TransactionalProducer,
} from '../port.ts';
import type { SimulatedCluster } from './cluster.ts';
import { offsetKey } from './cluster.ts';
import type { GroupMember, SimulatedGroups } from './groups.ts';
import type { ProcessState, SimulatedServer } from './network.ts';
import { callOver } from './network.ts';

/** The Log of one simulated process. Killing the process stops its calls in the middle: they never answer. */
export class MemberLog implements Log {
  readonly #cluster: SimulatedCluster;
  readonly #groups: SimulatedGroups;
  readonly #subscriptions = new Set<SimulatedSubscription>();
  state: ProcessState = 'running';
  /** How often it has been frozen. */
  freezes = 0;

  constructor(cluster: SimulatedCluster, groups: SimulatedGroups) {
    this.#cluster = cluster;
    this.#groups = groups;
  }

  kill(): void {
    this.state = 'killed';
    for (const subscription of this.#subscriptions) subscription.expire();
  }

  freeze(): void {
    this.state = 'frozen';
    this.freezes++;
    for (const subscription of this.#subscriptions) subscription.expire();
  }

  thaw(): void {
    this.state = 'running';
    for (const subscription of this.#subscriptions) subscription.thaw();
  }

  /** A call of this process to a server, by default the log. */
  call<T>(work: () => T, server: SimulatedServer = this.#cluster): Promise<T> {
    const { clock, random } = this.#cluster;
    return callOver({ clock, random, server, state: () => this.state }, work);
  }

  createTopics: Log['createTopics'] = (topics) =>
    this.call(() => {
      for (const topic of topics) this.#cluster.createTopic(topic);
    });
  checkTopics: Log['checkTopics'] = () => Promise.resolve([]);

  topicState: Log['topicState'] = (topic) =>
    this.call(() => {
      const partitions = this.#cluster.partitions(topic);
      const startOffsets = partitions.map(({ startOffset }) => startOffset);
      return { topic, startOffsets, endOffsets: partitions.map(({ endOffset }) => endOffset) };
    });

  committedOffsets: Log['committedOffsets'] = (group, partitions) =>
    this.call(() => partitions.map((partition) => this.#cluster.committedOffset(group, partition)));

  producer: Log['producer'] = () =>
    Promise.resolve({
      send: (records) => this.call(() => this.#append(records)),
      close: () => Promise.resolve(),
    });

  transactionalProducer: Log['transactionalProducer'] = async (id) => {
    for (;;) {
      const epoch = await this.call(() => this.#cluster.initProducer(id));
      if (epoch !== undefined) return this.#owner(id, epoch);
    }
  };

  subscribe: Log['subscribe'] = async (options, listener) => {
    await this.call(() => {});
    const parts = { log: this, cluster: this.#cluster, groups: this.#groups, options, listener };
    const subscription = new SimulatedSubscription(parts);
    this.#subscriptions.add(subscription);
    return subscription;
  };

  async *read(partition: TopicPartition, fromOffset = 0): AsyncIterable<RecordBatch> {
    const batch = await this.call(() => this.#cluster.partition(partition).fetch(fromOffset, Number.MAX_SAFE_INTEGER));
    if (batch !== undefined && batch.count > 0) yield batch;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #append(
    records: readonly ProduceRecord[],
    transaction?: Parameters<ReturnType<SimulatedCluster['partition']>['append']>[2],
  ): void {
    for (const record of records) {
      const { key, value, headers } = record;
      this.#cluster.partition(record).append([{ key, value, headers }], this.#cluster.clock.nowMs(), transaction);
    }
  }

  #owner(id: string, epoch: number): TransactionalProducer {
    const guarded = <T>(work: () => T): Promise<T> =>
      this.call(() => {
        this.#cluster.checkEpoch(id, epoch);
        return work();
      });
    const transaction = {
      send: (records: readonly ProduceRecord[]) =>
        guarded(() => {
          const open = this.#cluster.openTransaction(id);
          for (const record of records) open.partitions.add(this.#cluster.partition(record));
          this.#append(records, open);
        }),
      sendOffsets: (group: string, offsets: readonly GroupOffset[]) =>
        guarded(() => {
          const open = this.#cluster.openTransaction(id);
          for (const offset of offsets) open.offsets.set(offsetKey(group, offset), offset);
        }),
      commit: () => guarded(() => this.#cluster.endTransaction(id, 'committed')),
      abort: () => guarded(() => this.#cluster.endTransaction(id, 'aborted')),
    };
    return {
      begin: async () => {
        // Who goes on at once after a commit waits while its markers are still being written.
        while (this.#cluster.isEnding(id)) await guarded(() => {});
        return transaction;
      },
      close: () => Promise.resolve(),
    };
  }
}

interface SubscriptionParts {
  readonly log: MemberLog;
  readonly cluster: SimulatedCluster;
  readonly groups: SimulatedGroups;
  readonly options: SubscribeOptions;
  readonly listener: SubscriptionListener;
}

interface Position {
  readonly partition: TopicPartition;
  next: number;
  paused: boolean;
  busy: boolean;
  /** Raised by every seek: a fetch that began before is thrown away. */
  seeks: number;
}

class SimulatedSubscription implements Subscription, GroupMember {
  readonly topics: readonly string[];
  readonly assignment: SubscribeOptions['assignment'];
  readonly listener: SubscriptionListener;
  readonly #parts: SubscriptionParts;
  readonly #positions = new Map<string, Position>();
  #stopped = false;
  #fetching = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.topics = parts.options.topics;
    this.assignment = parts.options.assignment;
    this.listener = parts.listener;
    parts.groups.join(parts.options.group, this);
    this.#fetchLater();
  }

  responsive(): boolean {
    return !this.#stopped && this.#parts.log.state === 'running';
  }

  expire(): void {
    this.#parts.groups.expire(this.#parts.options.group, this);
  }

  thaw(): void {
    if (this.#stopped) return;
    // Its heartbeat tells it that the group has gone on without it, or that it may stay; either way it joins anew.
    this.#parts.groups.join(this.#parts.options.group, this);
    this.#fetchLater();
  }

  assigned(partitions: readonly TopicPartition[]): void {
    const { cluster } = this.#parts;
    const before = new Map(this.#positions);
    this.#positions.clear();
    for (const partition of partitions) {
      const seeks = (before.get(keyOf(partition))?.seeks ?? 0) + 1;
      // What a client finds as its position when it joins may be stale: it stands anywhere until it is told where.
      const next = cluster.random.between(0, cluster.partition(partition).endOffset);
      this.#positions.set(keyOf(partition), { partition, next, paused: true, busy: false, seeks });
    }
    this.listener.onAssigned(partitions);
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#set(partition, (position) => (position.paused = true));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#set(partition, (position) => (position.paused = false));
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#set(partition, (position) => {
      position.next = offset;
      position.seeks++;
    });
  }

  commitOffsets(offsets: readonly GroupOffset[]): Promise<void> {
    const { log, cluster, groups, options } = this.#parts;
    return log.call(() => {
      if (!groups.isMember(options.group, this))
        throw new DynoError(
          'DYNO_LOG_NOT_MEMBER',
          `no longer in group ${options.group}; wait for the next assignment`,
          { retryable: true },
        );
      for (const offset of offsets) cluster.commitOffset(options.group, offset);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#parts.groups.leave(this.#parts.options.group, this);
  }

  #set(partition: TopicPartition, change: (position: Position) => void): void {
    const position = this.#positions.get(keyOf(partition));
    if (position !== undefined) change(position);
  }

  #fetchLater(): void {
    if (!this.responsive() || this.#fetching) return;
    this.#fetching = true;
    this.#parts.cluster.clock.after(this.#parts.cluster.fetchEveryMs, () => {
      this.#fetching = false;
      if (!this.responsive()) return;
      if (!this.#parts.cluster.away) for (const position of this.#positions.values()) this.#deliver(position);
      this.#fetchLater();
    });
  }

  #deliver(position: Position): void {
    if (position.paused || position.busy) return;
    const { cluster, log } = this.#parts;
    const batch = cluster.partition(position.partition).fetch(position.next, cluster.random.between(1, 200));
    if (batch === undefined) return;
    position.busy = true;
    const { seeks } = position;
    void (async () => {
      await log.call(() => {});
      if (position.seeks === seeks && !position.paused && this.#positions.get(keyOf(position.partition)) === position) {
        position.next = batch.nextOffset;
        await this.listener.onBatch(batch);
      }
      position.busy = false;
    })().catch(() => {
      position.busy = false;
    });
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
