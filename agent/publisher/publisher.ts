import { join } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type DirLock, lockDir } from '../../base/dir-lock.ts';
import { DynoError } from '../../base/errors.ts';
import type { Producer } from '../../log/port.ts';
import type { HostSample } from '../sample.ts';
import { CounterFlow } from './counter-flow.ts';
import type { DropReason, PublisherEvent } from './events.ts';
import { LatestFlow } from './latest-flow.ts';
import { registerSchema } from './registry.ts';
import { SchemaIds } from './schema-ids.ts';
import { SendLane } from './send-lane.ts';
import type { WriteAt } from './spool.ts';

export interface PublishedTopic {
  readonly topic: string;
  readonly partitions: number;
  /** Avro JSON; registered under `<topic>-value`. */
  readonly schemaJson: string;
}

export interface PublisherOptions {
  /** Label of its metrics. */
  readonly name: 'agent' | 'fleet';
  /** Opens a producer; asked again after each failed send. */
  readonly producer: () => Promise<Producer>;
  readonly registryUrl: string;
  readonly spoolDir: string;
  readonly spoolBytesMax: number;
  readonly counters: PublishedTopic & { readonly counterCount: number };
  readonly systemInfo: PublishedTopic;
  readonly onEvent: (event: PublisherEvent) => void;
  readonly clock?: Clock;
  /** An acknowledgement that takes longer counts as an outage. Default 3 s. */
  readonly sendTimeoutMs?: number;
  /** 0 … 1, spreads retries. */
  readonly random?: () => number;
  readonly fetch?: typeof fetch;
  readonly writeSpool?: WriteAt;
}

/** `sampled + recovered = sent + spooledRecords + pending + Σ dropped`, at any moment. */
export interface PublisherStats {
  readonly sampled: number;
  /** Found in the spool at the start. */
  readonly recovered: number;
  readonly sent: number;
  /** In memory: being sent, or waiting for the send before. */
  readonly pending: number;
  readonly spooledRecords: number;
  readonly spooledBytes: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly sendFailures: number;
  /** `direct`: nothing touches the disk. */
  readonly mode: 'direct' | 'spooling';
}

export interface Publisher {
  /** Samples of one second, of one host or of a whole fleet. Never blocks on the log, never throws. */
  publish(samples: readonly HostSample[]): void;
  /** A host's SystemInfo in wire format (its schema id is put in here); kept until acknowledged, only the newest counts. */
  publishSystemInfo(host: string, value: Buffer): void;
  stats(): PublisherStats;
  /** Sends what is under way for up to `flushMs` (default 2 s); the rest stays on disk for the next start. */
  close(flushMs?: number): Promise<void>;
}

/**
 * Starts a publisher: the same for the agent of one host and for a simulated fleet. Asks the registry once (≤ 2 s);
 * while it is away samples go out with the id of an earlier run, or wait on disk. Throws `DYNO_AGENT_SPOOL_IN_USE`: two
 * that append to one spool would drop and send each other's samples.
 */
export async function startPublisher(options: PublisherOptions): Promise<Publisher> {
  const lock = lockSpool(options.spoolDir);
  try {
    return await startLocked(options, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

async function startLocked(options: PublisherOptions, lock: DirLock | undefined): Promise<Publisher> {
  const clock = options.clock ?? systemClock;
  const ids = new SchemaIds({
    folder: options.spoolDir,
    register: (subject, schemaJson) =>
      registerSchema({
        registryUrl: options.registryUrl,
        subject,
        schemaJson,
        clock,
        ...(options.fetch && { fetch: options.fetch }),
      }),
  });
  const lane = new SendLane({ producer: options.producer, clock, sendTimeoutMs: options.sendTimeoutMs ?? 3_000 });
  const shared = { ids, lane, clock, random: options.random ?? Math.random, onEvent: options.onEvent };
  const counters = new CounterFlow({
    ...shared,
    name: options.name,
    counters: options.counters,
    spoolFolder: join(options.spoolDir, 'counters'),
    spoolBytesMax: options.spoolBytesMax,
    ...(options.writeSpool && { writeSpool: options.writeSpool }),
  });
  const systemInfo = new LatestFlow({ ...shared, topic: options.systemInfo });
  await Promise.all([counters.start(), systemInfo.start()]);
  return {
    publish: (samples) => counters.publish(samples),
    publishSystemInfo: (host, value) => systemInfo.publish(host, value),
    stats: () => counters.stats(),
    close: async (flushMs = 2_000) => {
      await Promise.all([counters.close(flushMs), systemInfo.close(flushMs)]);
      await lane.close();
      lock?.release();
    },
  };
}

/** Undefined when the folder cannot be written at all: nobody spoils anything in it, and samples go out without it. */
function lockSpool(folder: string): DirLock | undefined {
  try {
    return lockDir(folder, inUse);
  } catch (error) {
    if (error instanceof DynoError) throw error;
    return undefined;
  }
}

const inUse = (folder: string, pid: number | undefined): DynoError =>
  new DynoError(
    'DYNO_AGENT_SPOOL_IN_USE',
    `the spool folder ${folder} is in use by process ${pid ?? 'unknown'}: one agent owns a spool. Stop that process, ` +
      'or give this one another data folder (data_dir in dynoscope.yaml).',
    { details: { folder, pid } },
  );
