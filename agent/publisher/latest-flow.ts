import { BoundedMap } from '../../base/bounded-map.ts';
import { type Clock, delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { ProduceRecord } from '../../log/port.ts';
import { Backoff } from './backoff.ts';
import { unknownSchemaId, writeSchemaId } from './counter-encoder.ts';
import type { PublisherEvent } from './events.ts';
import type { PublishedTopic } from './publisher.ts';
import type { SchemaIds } from './schema-ids.ts';
import type { SendLane } from './send-lane.ts';

export interface LatestFlowOptions {
  readonly topic: PublishedTopic;
  readonly ids: SchemaIds;
  readonly lane: SendLane;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onEvent: (event: PublisherEvent) => void;
}

const keysMax = 20_000;
const sendBytesMax = 500_000;

/** Values of a compacted topic: the newest of each key is kept in memory until the log has acknowledged it. */
export class LatestFlow {
  readonly #options: LatestFlowOptions;
  readonly #fingerprint: string;
  readonly #backoff: Backoff;
  readonly #waiting = new BoundedMap<string, Buffer>({ keysMax });
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #toldAway = false;

  constructor(options: LatestFlowOptions) {
    this.#options = options;
    this.#fingerprint = options.ids.add(`${options.topic.topic}-value`, options.topic.schemaJson);
    this.#backoff = new Backoff({ firstMs: 500, largestMs: 10_000, random: options.random });
  }

  async start(): Promise<void> {
    await this.#options.ids.confirm(this.#fingerprint).catch((error) => this.#tellAway(error));
  }

  /** `value` in wire format; whatever schema id it carries is replaced. */
  publish(key: string, value: Buffer): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.set(key, Buffer.from(value));
    this.#running ??= this.#drain();
  }

  /** What is not acknowledged by then is published again at the next start, as every start publishes it. */
  async close(flushMs: number): Promise<void> {
    if (this.#running !== undefined) await Promise.race([this.#running, delay(this.#options.clock, flushMs)]);
    this.#closing.abort();
  }

  async #drain(): Promise<void> {
    // Lets the values of one caller gather into one send.
    await Promise.resolve();
    while (this.#waiting.size > 0 && !this.#closing.signal.aborted) {
      try {
        await this.#sendSome();
        this.#backoff.reset();
      } catch {
        await delay(this.#options.clock, this.#backoff.nextMs(), this.#closing.signal);
      }
    }
    this.#running = undefined;
  }

  async #sendSome(): Promise<void> {
    const { ids, lane } = this.#options;
    await ids.confirm(this.#fingerprint).catch((error) => this.#tellAway(error));
    const schemaId = ids.idOf(this.#fingerprint);
    if (schemaId === unknownSchemaId) throw new Error('no schema id yet');
    const sending = this.#take(schemaId);
    await lane.send(sending.map(([, record]) => record));
    for (const [key, record] of sending) if (this.#waiting.get(key) === record.value) this.#waiting.delete(key);
  }

  #take(schemaId: number): [string, ProduceRecord][] {
    const { topic, partitions } = this.#options.topic;
    const taken: [string, ProduceRecord][] = [];
    let bytes = 0;
    for (const [key, value] of this.#waiting.entries()) {
      writeSchemaId(value, schemaId);
      taken.push([key, { topic, partition: partitionOf(key, partitions), key: Buffer.from(key), value }]);
      bytes += value.length;
      if (bytes >= sendBytesMax) break;
    }
    return taken;
  }

  #tellAway(error: unknown): void {
    if (this.#toldAway) return;
    this.#toldAway = true;
    const subject = `${this.#options.topic.topic}-value`;
    this.#options.onEvent({ kind: 'registry_away', subject, because: messageOf(error) });
  }
}
