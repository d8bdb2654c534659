import { delay, systemClock } from '../../base/clock.ts';
import { finishedWithin } from '../../base/finished-within.ts';
import { logLines } from '../../base/log-lines.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import type { WeightApplied } from '../../schemas/weight-records.ts';
import { WeightAdapter } from '../../sinks/loadbalancer/adapter.ts';
import { fileDisk } from '../../sinks/loadbalancer/adapter-disk.ts';
import { defaultRails } from '../../sinks/loadbalancer/rails.ts';
import { AppliedPublisher } from './applied-publisher.ts';
import { type BalancerOptions, killFileThere } from './balancer-options.ts';
import { driverOf } from './driver-of.ts';
import { firstSafeWeightsOf } from './safe-weight-flag.ts';

const tickEveryMs = 200;
/** Last reports may take so long on their way when the adapter stops. */
const flushWithinMs = 700;
const logStopWithinMs = 700;

export interface BalancerChildOptions {
  readonly options: BalancerOptions;
  readonly signal: AbortSignal;
  /** Told after every tick that went through. */
  readonly onAlive: () => void;
}

/**
 * Runs the adapter until the signal; answers 0 when safe weights were read back at the end, else 1. The adapter comes
 * first, the log when it is there: nothing of Kafka is even loaded before safe weights have been tried.
 */
export async function runBalancerChild({ options, signal, onAlive }: BalancerChildOptions): Promise<number> {
  const clock = systemClock;
  const publisher = new AppliedPublisher({ clock });
  let restored = false;
  const adapter = adapterOf(options, (report) => {
    restored ||= report.status === 'reverted_stopped';
    publisher.take(report);
    tell(report);
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  });
  await adapter.start();
  onAlive();
  const logStops = new AbortController();
  const logSide = signal.aborted ? Promise.resolve() : startLogSide(options, adapter, publisher, logStops.signal);
  while (!signal.aborted) {
    await delay(clock, tickEveryMs, signal);
    await adapter.tick();
    onAlive();
  }
  await adapter.stop();
  await publisher.flush(flushWithinMs);
  logStops.abort();
  await finishedWithin(logSide, logStopWithinMs, clock);
  return restored ? 0 : 1;
}

function adapterOf(options: BalancerOptions, report: (applied: WeightApplied) => void): WeightAdapter {
  const { name, balancer, pool, tier, safeWeight, killFile, stateFile, largestShareRatio } = options;
  return new WeightAdapter({
    name,
    pool,
    tier,
    driver: driverOf(balancer),
    disk: fileDisk(stateFile),
    clock: systemClock,
    rails: { ...defaultRails, largestShareRatio },
    firstSafeWeights: firstSafeWeightsOf(safeWeight),
    killFileExists: () => killFileThere(killFile),
    report,
  });
}

async function startLogSide(
  { config }: BalancerOptions,
  adapter: WeightAdapter,
  publisher: AppliedPublisher,
  signal: AbortSignal,
): Promise<void> {
  const { runLogSide } = await import('./log-side.ts');
  const settings = () => loadSettings({ cwd: process.cwd(), env: process.env, ...(config && { file: config }) });
  await runLogSide({ settings, adapter, publisher, clock: systemClock, signal });
}

const lines = logLines('cli');

/** Going back by itself is no sample: people want to find it beside the balancer's own lines. */
function tell({ status, pool, reason, commandId }: WeightApplied): void {
  if (!status.startsWith('reverted_')) return;
  const event = 'weights_reverted';
  if (status === 'reverted_restart' || status === 'reverted_stopped') lines.info({ event, pool, status }, reason);
  else lines.warn({ event, pool, status, commandId }, reason);
}
