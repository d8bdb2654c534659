import { type Clock, delay } from '../../base/clock.ts';
import { DynoError, messageOf } from '../../base/errors.ts';
import { finishedWithin } from '../../base/finished-within.ts';
import { logLines } from '../../base/log-lines.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { openLog } from '../../log/open-log.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import { openRegistryClient, type RegistryClient } from '../../log/registry/client.ts';
import { untilItWorks } from '../../pipelines/runtime/backoff.ts';
import { codecOf, subjectOf } from '../../schemas/codec.ts';
import { topicSettings } from '../../schemas/topics.ts';
import type { WeightAdapter } from '../../sinks/loadbalancer/adapter.ts';
import type { AppliedPublisher, AppliedSender } from './applied-publisher.ts';
import { ControlFeed } from './control-feed.ts';
import { KillSwitchFeed } from './kill-switch-feed.ts';

const applied = 'loadbalancer.applied.v1';
const ours: readonly string[] = ['loadbalancer.control.v1', applied, 'loadbalancer.killswitch.v1'];
const pollEveryMs = 200;
/** An outage is told at its beginning and then this often. */
const toldEveryMs = 60_000;
const closeWithinMs = 500;

export interface LogSideOptions {
  /** Reads the settings; what it throws is an outage like any other here. */
  readonly settings: () => Settings;
  readonly adapter: WeightAdapter;
  readonly publisher: AppliedPublisher;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * What an adapter hears from the log and says to it, until the signal. The log, the registry or a topic may be away, now
 * or later, for whatever reason: it is waited for and told, and the adapter goes on by itself. Never rejects.
 */
export async function runLogSide(options: LogSideOptions): Promise<void> {
  const { clock, signal } = options;
  const trouble = new Trouble(clock);
  const opened = await untilItWorks(() => open(options.settings()), {
    clock,
    signal,
    onFailure: (error) => trouble.tell('the log', error),
  });
  if (opened === undefined) return;
  const { log } = opened;
  await Promise.all([
    serveAdapter({ ...opened, ...options }),
    abortOf(signal).then(() =>
      finishedWithin(
        log.close().catch(() => {}),
        closeWithinMs,
        clock,
      ),
    ),
  ]);
}

export interface ServeAdapterOptions extends Opened, Omit<LogSideOptions, 'settings'> {}

/** The same over a log that is open, and stays so. */
export async function serveAdapter(options: ServeAdapterOptions): Promise<void> {
  const { log, registry, adapter, publisher, clock, signal } = options;
  const trouble = new Trouble(clock);
  const control = new ControlFeed({ log, registry, adapter, clock });
  const killSwitch = new KillSwitchFeed({ log, registry, adapter, clock });
  await Promise.all([
    // Each by itself: none waits for what befalls another.
    pollUntil(signal, clock, () => control.poll(), trouble),
    pollUntil(signal, clock, () => killSwitch.poll(), trouble),
    publisher.run(() => openSender({ log, registry }, adapter.tier), signal),
  ]);
}

interface Opened {
  readonly log: Log;
  readonly registry: RegistryClient;
}

/** Topics are not made here: how many partitions they have is for the system to say, and this may run far from it. */
async function open(settings: Settings): Promise<Opened> {
  const log = await openLog(settings, { clientId: 'dynoscope-balancer' });
  try {
    const wanted = topicSettings({ partitions: settings.log.partitions }).filter(({ name }) => ours.includes(name));
    const missing = (await log.checkTopics(wanted)).filter((sentence) => sentence.endsWith(' is missing.'));
    if (missing.length > 0)
      throw new DynoError(
        'DYNO_LOG_TOPIC_UNKNOWN',
        `${missing.join(' ')} Create topics with "dynoscope topics apply".`,
        { retryable: true },
      );
    return { log, registry: openRegistryClient({ url: settings.registry.url! }) };
  } catch (error) {
    await log.close().catch(() => {});
    throw error;
  }
}

async function openSender({ log, registry }: Opened, tier: string): Promise<AppliedSender> {
  const codec = codecOf(applied);
  const schemaId = await registry.register(subjectOf(applied), codec.schemaJson);
  const { endOffsets } = await log.topicState(applied);
  const partition = partitionOf(tier, endOffsets.length);
  const producer = await log.producer();
  return {
    send: (reports) =>
      producer.send(
        reports.map((report) => ({
          topic: applied,
          partition,
          key: Buffer.from(report.pool),
          value: codec.encode(report, schemaId),
        })),
      ),
    close: () => producer.close(),
  };
}

async function pollUntil(
  signal: AbortSignal,
  clock: Clock,
  poll: () => Promise<void>,
  trouble: Trouble,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await poll();
      trouble.isOver();
    } catch (error) {
      if (!signal.aborted) trouble.tell('the log', error);
    }
    await delay(clock, pollEveryMs, signal);
  }
}

const lines = logLines('cli');

/** Tells an outage once, and again now and then while it lasts. */
class Trouble {
  readonly #clock: Clock;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  tell(what: string, error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#toldMs < toldEveryMs) return;
    this.#toldMs = nowMs;
    const runbook = error instanceof DynoError ? error.code : 'DYNO_LOG_UNAVAILABLE';
    lines.warn(
      { event: 'balancer_log_away', error: messageOf(error), runbook },
      `No word from ${what}: commands that are not renewed expire, and the adapter waits.`,
    );
  }

  isOver(): void {
    this.#toldMs = Number.NEGATIVE_INFINITY;
  }
}

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
