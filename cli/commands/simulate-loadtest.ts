import { DynoError } from '../../base/errors.ts';
import type { CommandCall } from '../command.ts';
import { durationMs } from '../duration.ts';

/** `dynoscope simulate loadtest`: one live load test against a simulated tier, in virtual time. */
export async function simulateLoadTest({ options, stdout }: CommandCall): Promise<number> {
  const { runSimulatedLoadTest } = await import('../loadtest/run-simulated-loadtest.ts');
  const max = durationMs(text(options['max']) ?? '15m', { option: '--max', minMs: 60_000, maxMs: 86_400_000 });
  const cores = numberOf(options, 'cores');
  const serviceMs = numberOf(options, 'serviceMs');
  if ((cores === undefined) !== (serviceMs === undefined))
    throw wrongFlag('--cores and --service-ms describe a server together; give both or neither');
  const generation = text(options['generation']);
  const [cv2, panelHosts, baselineMs, seed] = ['cv2', 'panel', 'baselineMs', 'seed'].map((name) =>
    numberOf(options, name),
  );
  const result = await runSimulatedLoadTest({
    maxS: Math.floor(max / 1_000),
    ...(generation !== undefined && { generation }),
    ...(cores !== undefined && { logicalCpus: cores }),
    ...(serviceMs !== undefined && { serviceMs }),
    ...(cv2 !== undefined && { cv2 }),
    ...(panelHosts !== undefined && { panelHosts }),
    ...(baselineMs !== undefined && { baselineMs }),
    ...(seed !== undefined && { seed }),
  });
  stdout.write(options['json'] === true ? `${JSON.stringify(result)}\n` : `${inWords(result)}\n`);
  return result.outcome === 'found' ? 0 : 1;
}

type Result = import('../loadtest/run-simulated-loadtest.ts').SimulatedLoadTestResult;

function inWords({ truth, estimate, error, seconds, steps, outcome, reason, ...users }: Result): string {
  const found =
    estimate === undefined || error === undefined
      ? 'no estimate'
      : `λ100 ${estimate.lambda100.toFixed(2)} hits/s (${estimate.lo.toFixed(2)} to ${estimate.hi.toFixed(2)}), ${(100 * error).toFixed(1)} % off`;
  return (
    `Simulated load test: ${outcome} after ${seconds} s and ${steps} steps (${reason}); ${found}; the truth is ${truth.lambda100.toFixed(2)}. ` +
    `Contention at most ${users.max_contention_ms.toFixed(0)} ms (10-s mean), ${users.seconds_over_100} s over 100 ms, ${users.seconds_over_150} s over 150 ms.`
  );
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function numberOf(options: CommandCall['options'], name: string): number | undefined {
  const written = text(options[name]);
  if (written === undefined) return undefined;
  const value = Number(written);
  if (written.trim() !== '' && Number.isFinite(value)) return value;
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw wrongFlag(`--${flag} is "${written}", expected a number`);
}

const wrongFlag = (why: string): DynoError => new DynoError('DYNO_USAGE_SIMULATE', why);
