import { messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { GroupOffset, Subscription, SubscriptionListener, TopicPartition } from '../port.ts';
import { fetch, type Kept } from './fetch.ts';
import type { Partition } from './topics.ts';

const lines = logLines('log');

export interface EmbeddedSubscriptionOptions {
  readonly kept: Kept;
  readonly partitions: readonly Partition[];
  readonly listener: SubscriptionListener;
  readonly commit: (offsets: readonly GroupOffset[]) => void;
  readonly onStopped: () => void;
}

/** One assigned partition. */
interface Lane {
  readonly partition: Partition;
  readonly wake: () => void;
  /** `undefined` until the listener has said where to start. */
  position: number | undefined;
  paused: boolean;
  busy: boolean;
}

/**
 * Pushes batches: one partition after another gets one fetch a turn of the event loop, so that none starves another and
 * timers and sockets run in between. A partition at its end costs nothing until an append wakes it.
 */
export class EmbeddedSubscription implements Subscription {
  readonly #options: EmbeddedSubscriptionOptions;
  readonly #lanes: readonly Lane[];
  /** Lanes that may have something to fetch, in the order they will be served. */
  readonly #ready = new Set<Lane>();
  #scheduled = false;
  #state: 'running' | 'stopping' | 'stopped' = 'running';
  #onIdle: () => void = () => {};

  constructor(options: EmbeddedSubscriptionOptions) {
    this.#options = options;
    this.#lanes = options.partitions.map((partition) => this.#lane(partition));
    // After `subscribe` has resolved: the listener needs the subscription to position itself.
    setImmediate(() => {
      if (this.#state !== 'running') return;
      this.#guarded(() => options.listener.onAssigned(this.#lanes.map(placeOf)));
    });
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const lane of this.#found(partitions)) {
      lane.paused = true;
      this.#ready.delete(lane);
    }
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const lane of this.#found(partitions)) {
      lane.paused = false;
      this.#offer(lane);
    }
  }

  seek(partition: TopicPartition, offset: number): void {
    for (const lane of this.#found([partition])) {
      lane.position = offset;
      this.#offer(lane);
    }
  }

  async commitOffsets(offsets: readonly GroupOffset[]): Promise<void> {
    this.#options.commit(offsets);
  }

  async stop(): Promise<void> {
    if (this.#state === 'running') this.#shut();
    if (this.#busy()) {
      await new Promise<void>((resolve) => {
        const before = this.#onIdle;
        this.#onIdle = () => {
          before();
          resolve();
        };
      });
    }
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#options.onStopped();
  }

  #lane(partition: Partition): Lane {
    const lane: Lane = {
      partition,
      wake: () => this.#offer(lane),
      position: undefined,
      paused: true,
      busy: false,
    };
    partition.wakers.add(lane.wake);
    return lane;
  }

  #offer(lane: Lane): void {
    if (this.#state !== 'running' || lane.paused || lane.busy || lane.position === undefined) return;
    this.#ready.add(lane);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#ready.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const lane of this.#ready) {
        this.#ready.delete(lane);
        if (this.#guarded(() => this.#serve(lane)) === true) break;
      }
      this.#schedule();
    });
  }

  /** True when a batch was delivered. */
  #serve(lane: Lane): boolean {
    if (this.#state !== 'running' || lane.paused || lane.busy || lane.position === undefined) return false;
    const batch = fetch(this.#options.kept, lane.partition, lane.position);
    if (batch === undefined) return false;
    // Before the listener runs: a seek of its own must win.
    lane.position = batch.nextOffset;
    lane.busy = true;
    this.#options.listener
      .onBatch(batch)
      .catch((error: unknown) => this.#die(error))
      .finally(() => {
        lane.busy = false;
        this.#offer(lane);
        if (!this.#busy()) this.#onIdle();
      });
    return true;
  }

  #busy(): boolean {
    return this.#lanes.some((lane) => lane.busy);
  }

  #shut(): void {
    this.#state = 'stopping';
    this.#ready.clear();
    for (const { partition, wake } of this.#lanes) partition.wakers.delete(wake);
  }

  #guarded<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#die(error);
      return undefined;
    }
  }

  #die(error: unknown): void {
    if (this.#state !== 'running') return;
    this.#shut();
    lines.error(
      { event: 'log_subscription_died', error: messageOf(error) },
      'A subscription of the embedded log died.',
    );
    this.#options.listener.onDead(error);
  }

  #found(partitions: readonly TopicPartition[]): Lane[] {
    return this.#lanes.filter(({ partition }) =>
      partitions.some((at) => at.topic === partition.topic.settings.name && at.partition === partition.number),
    );
  }
}

const placeOf = ({ partition }: Lane): TopicPartition => ({
  topic: partition.topic.settings.name,
  partition: partition.number,
});
