import { BoundedMap } from '../../base/bounded-map.ts';
import { type Clock, delay } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { ProduceRecord } from '../../log/port.ts';
import type { HostSample } from '../sample.ts';
import { Backoff } from './backoff.ts';
import { CounterEncoder, unknownSchemaId, writeSchemaId } from './counter-encoder.ts';
import type { DropReason, PublisherEvent } from './events.ts';
import { publisherMetrics as metrics } from './metrics.ts';
import type { PublishedTopic, PublisherStats } from './publisher.ts';
import type { SchemaIds } from './schema-ids.ts';
import type { SendLane } from './send-lane.ts';
import { Spool, type SpoolBatch, type WriteAt } from './spool.ts';
import type { SpoolRecord } from './spool-segment.ts';

export interface CounterFlowOptions {
  readonly name: 'agent' | 'fleet';
  readonly counters: PublishedTopic & { readonly counterCount: number };
  readonly ids: SchemaIds;
  readonly lane: SendLane;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onEvent: (event: PublisherEvent) => void;
  readonly spoolFolder: string;
  readonly spoolBytesMax: number;
  readonly writeSpool?: WriteAt;
}

/** One send to the log; a record batch of Kafka may have 1 MB. */
const sendBytesMax = 500_000;
/** What may wait in memory for the send before it; more goes to disk. */
const waitingBytesMax = 4_000_000;
const keysMax = 20_000;
const confirmEveryMs = 10_000;

/**
 * The way of counter records. Direct: encoded, sent, acknowledged; nothing touches the disk. Once a send fails or takes
 * too long: all that is in memory, and every new sample, is appended to the spool, and one drainer sends the oldest
 * first and removes it after its acknowledgement. Direct again only when the spool is empty, so a host's samples stay
 * in order.
 */
export class CounterFlow {
  readonly #options: CounterFlowOptions;
  readonly #encoder: CounterEncoder;
  readonly #fingerprint: string;
  readonly #spool: Spool;
  readonly #backoff: Backoff;
  readonly #keys = new BoundedMap<string, { readonly key: Buffer; readonly partition: number }>({ keysMax });
  readonly #closing = new AbortController();
  /** In memory, oldest first: batches of which the first is being sent. Direct mode only. */
  #waiting: SpoolRecord[][] = [];
  #waitingBytes = 0;
  #mode: 'direct' | 'spooling' = 'direct';
  /** Of the monotonic clock; undefined = all is well. */
  #outageStartMs: number | undefined;
  #sentFromSpool = 0;
  #sender: Promise<void> | undefined;
  #toldAway = false;
  #toldUnreadable = false;
  /** Schemas whose id the registry was asked for in this run. */
  readonly #asked = new Set<string>();
  readonly #toldDrops = new Set<DropReason>();
  readonly #counts = { sampled: 0, recovered: 0, sent: 0, sendFailures: 0 };
  readonly #dropped: Record<DropReason, number> = { spool_full: 0, spool_unwritable: 0, unencodable: 0 };

  constructor(options: CounterFlowOptions) {
    this.#options = options;
    this.#encoder = new CounterEncoder({ counterCount: options.counters.counterCount });
    this.#fingerprint = options.ids.add(`${options.counters.topic}-value`, options.counters.schemaJson);
    this.#backoff = new Backoff({ firstMs: 250, largestMs: 2_000, random: options.random });
    this.#spool = new Spool({
      folder: options.spoolFolder,
      bytesMax: options.spoolBytesMax,
      onDrop: (reason, records, cause) => this.#drop(reason, records, cause),
      ...(options.writeSpool && { write: options.writeSpool }),
    });
  }

  async start(): Promise<void> {
    const recovered = this.#spool.records;
    this.#counts.recovered = recovered;
    metrics.recovered.inc({ publisher: this.#options.name }, recovered);
    const confirmed = await this.#confirm(this.#fingerprint);
    if (!confirmed) void this.#confirmLater();
    if (this.#schemaId() === unknownSchemaId) this.#startSpooling('the schema registry has not told the schema id yet');
    else if (recovered > 0) this.#startSpooling('samples of an earlier run are still on disk');
  }

  publish(samples: readonly HostSample[]): void {
    if (this.#closing.signal.aborted) return;
    this.#counts.sampled += samples.length;
    metrics.sampled.inc({ publisher: this.#options.name }, samples.length);
    const records = this.#encode(samples);
    if (this.#mode === 'direct' && this.#waitingBytes > waitingBytesMax)
      this.#startSpooling('the log is slower than the samples');
    if (this.#mode === 'spooling') this.#spool.append(this.#fingerprint, records);
    else this.#enqueue(records);
    this.#gauge();
    this.#kick();
  }

  stats(): PublisherStats {
    return {
      ...this.#counts,
      pending: this.#waiting.reduce((sum, batch) => sum + batch.length, 0),
      spooledRecords: this.#spool.records,
      spooledBytes: this.#spool.bytes,
      dropped: { ...this.#dropped },
      mode: this.#mode,
    };
  }

  async close(flushMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#kick();
    const timeUp = new AbortController();
    if (this.#sender !== undefined) await Promise.race([this.#sender, delay(clock, flushMs, timeUp.signal)]);
    timeUp.abort();
    this.#closing.abort();
    this.#toSpool();
    this.#spool.close();
    this.#gauge();
  }

  #kick(): void {
    const idle = this.#mode === 'direct' && this.#waiting.length === 0;
    if (idle || this.#sender !== undefined || this.#closing.signal.aborted) return;
    this.#sender = this.#run().finally(() => {
      this.#sender = undefined;
      this.#kick();
    });
  }

  #encode(samples: readonly HostSample[]): SpoolRecord[] {
    const schemaId = this.#schemaId();
    const records: SpoolRecord[] = [];
    for (const sample of samples) {
      try {
        records.push({ key: this.#keyOf(sample.host).key, value: this.#encoder.encode(sample, schemaId) });
      } catch (error) {
        this.#drop('unencodable', 1, error);
      }
    }
    return records;
  }

  /** Cut so that no send exceeds what one record batch of the log may hold. */
  #enqueue(records: readonly SpoolRecord[]): void {
    let batch: SpoolRecord[] = [];
    let bytes = 0;
    for (const record of records) {
      if (batch.length > 0 && bytes + record.value.length > sendBytesMax) {
        this.#waiting.push(batch);
        batch = [];
        bytes = 0;
      }
      batch.push(record);
      bytes += record.value.length;
      this.#waitingBytes += record.value.length;
    }
    if (batch.length > 0) this.#waiting.push(batch);
  }

  /** Sends until nothing is left; the only place that talks to the log. */
  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      if (this.#mode === 'spooling') await this.#sendOldest();
      else {
        const batch = this.#waiting[0];
        if (batch === undefined) return;
        await this.#sendDirect(batch);
      }
      this.#gauge();
    }
  }

  async #sendDirect(batch: readonly SpoolRecord[]): Promise<void> {
    const failure = await this.#send(batch);
    if (this.#waiting[0] !== batch) return; // It was moved to the spool meanwhile and is sent again from there.
    if (failure !== undefined) return this.#startSpooling(failure);
    this.#waiting.shift();
    this.#waitingBytes -= bytesOf(batch);
    this.#countSent(batch.length);
    this.#endOutage();
  }

  /** Sends one batch of the spool, or waits after a failure. With the spool empty sending is direct again. */
  async #sendOldest(): Promise<void> {
    const batch = this.#oldest();
    if (batch === 'unreadable') return delay(this.#options.clock, this.#backoff.nextMs(), this.#closing.signal);
    const fingerprint = batch?.fingerprint ?? this.#fingerprint;
    let failure = await this.#stamp(fingerprint, batch?.records ?? []);
    if (failure === undefined && batch === undefined) return this.#leaveSpooling();
    if (batch !== undefined) failure ??= await this.#send(batch.records);
    if (this.#closing.signal.aborted) return;
    if (failure === undefined && batch !== undefined) {
      this.#spool.remove(batch);
      this.#sentFromSpool += batch.records.length;
      this.#countSent(batch.records.length);
      this.#backoff.reset();
      return;
    }
    this.#spool.keep();
    await delay(this.#options.clock, this.#backoff.nextMs(), this.#closing.signal);
  }

  /** A disk that gives nothing now is asked again: what is on it is not lost. */
  #oldest(): SpoolBatch | 'unreadable' | undefined {
    try {
      const batch = this.#spool.oldest(sendBytesMax);
      this.#toldUnreadable = false;
      return batch;
    } catch (error) {
      if (!this.#toldUnreadable) this.#options.onEvent({ kind: 'spool_unreadable', because: messageOf(error) });
      this.#toldUnreadable = true;
      return 'unreadable';
    }
  }

  /** Writes the registry's id of today into records that may be older than it. */
  async #stamp(fingerprint: string, records: readonly SpoolRecord[]): Promise<string | undefined> {
    const { ids } = this.#options;
    // An id of an earlier run is asked for once, not before each send: a registry that hangs must not slow the way back.
    if (!this.#asked.has(fingerprint) || ids.idOf(fingerprint) === unknownSchemaId) await this.#confirm(fingerprint);
    const schemaId = ids.idOf(fingerprint);
    if (schemaId === unknownSchemaId) return 'the schema registry has not told the schema id yet';
    for (const record of records) writeSchemaId(record.value, schemaId);
    return undefined;
  }

  async #send(records: readonly SpoolRecord[]): Promise<string | undefined> {
    const { topic } = this.#options.counters;
    try {
      await this.#options.lane.send(records.map((record) => this.#produceRecord(topic, record)));
      return undefined;
    } catch (error) {
      this.#counts.sendFailures++;
      metrics.sendFailures.inc({ publisher: this.#options.name });
      return messageOf(error);
    }
  }

  #produceRecord(topic: string, record: SpoolRecord): ProduceRecord {
    const { partition } = this.#keyOf(record.key.toString('utf8'));
    return { topic, partition, key: record.key, value: record.value };
  }

  #startSpooling(because: string): void {
    if (this.#mode === 'spooling') return;
    this.#mode = 'spooling';
    this.#options.ids.remember(this.#fingerprint);
    if (this.#outageStartMs === undefined) {
      this.#outageStartMs = this.#options.clock.monotonicMs();
      this.#options.onEvent({ kind: 'spooling', because });
    }
    this.#toSpool();
    this.#kick();
  }

  /** The spool is empty, because all was sent or because a full disk kept nothing: the next send tells which. */
  #leaveSpooling(): void {
    if (this.#spool.records > 0) return; // Appended while the registry was asked.
    this.#mode = 'direct';
    if (this.#sentFromSpool > 0) this.#endOutage();
  }

  #endOutage(): void {
    if (this.#outageStartMs === undefined) return;
    const outageMs = this.#options.clock.monotonicMs() - this.#outageStartMs;
    const sentFromSpool = this.#sentFromSpool;
    this.#outageStartMs = undefined;
    this.#sentFromSpool = 0;
    this.#toldDrops.clear();
    this.#backoff.reset();
    this.#options.onEvent({ kind: 'caught_up', sentFromSpool, outageMs });
  }

  #toSpool(): void {
    for (const batch of this.#waiting) this.#spool.append(this.#fingerprint, batch);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  async #confirm(fingerprint: string): Promise<boolean> {
    this.#asked.add(fingerprint);
    try {
      await this.#options.ids.confirm(fingerprint);
      this.#toldAway = false;
      return true;
    } catch (error) {
      if (!this.#toldAway) {
        this.#toldAway = true;
        const subject = `${this.#options.counters.topic}-value`;
        this.#options.onEvent({ kind: 'registry_away', subject, because: messageOf(error) });
      }
      return false;
    }
  }

  /** Samples go out with a remembered id; the registry is asked on, since it may have been made anew meanwhile. */
  async #confirmLater(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#closing.signal.aborted) {
      await delay(clock, confirmEveryMs, this.#closing.signal);
      if (this.#closing.signal.aborted || (await this.#confirm(this.#fingerprint))) return;
    }
  }

  #schemaId(): number {
    return this.#options.ids.idOf(this.#fingerprint);
  }

  #keyOf(host: string): { readonly key: Buffer; readonly partition: number } {
    const known = this.#keys.get(host);
    if (known !== undefined) return known;
    const key = Buffer.from(host);
    const made = { key, partition: partitionOf(key, this.#options.counters.partitions) };
    this.#keys.set(host, made);
    return made;
  }

  #countSent(records: number): void {
    this.#counts.sent += records;
    metrics.sent.inc({ publisher: this.#options.name }, records);
  }

  #drop(reason: DropReason, records: number, cause?: unknown): void {
    this.#dropped[reason] += records;
    metrics.dropped.inc({ publisher: this.#options.name, reason }, records);
    if (this.#toldDrops.has(reason)) return;
    this.#toldDrops.add(reason);
    this.#options.onEvent({ kind: 'dropping', reason, because: cause === undefined ? reason : messageOf(cause) });
  }

  #gauge(): void {
    metrics.spooledRecords.set({ publisher: this.#options.name }, this.#spool.records);
    metrics.spooledBytes.set({ publisher: this.#options.name }, this.#spool.bytes);
  }
}

const bytesOf = (batch: readonly SpoolRecord[]): number => batch.reduce((sum, record) => sum + record.value.length, 0);
