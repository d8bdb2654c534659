import { type ChildProcess, spawn } from 'node:child_process';
import { delay, systemClock } from '../../base/clock.ts';

export interface WorkersOptions {
  /** What each worker is called with. */
  readonly args: readonly string[];
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly stderr: NodeJS.WritableStream;
}

/** A worker that ended by itself starts again after this long: its group needs a moment to notice anyway. */
const restartAfterMs = 1_000;
/** A worker that fails so soon has a reason that a restart does not mend. */
const soonMs = 3_000;

/** N processes in one group. A worker that dies is started again; all of them stop with the signal. */
export async function runWorkers({ args, workers, signal, stderr }: WorkersOptions): Promise<number> {
  const codes = await Promise.all(Array.from({ length: workers }, (_, i) => keepAlive(i + 1, args, signal, stderr)));
  return codes.find((code) => code !== 0) ?? 0;
}

async function keepAlive(
  number: number,
  args: readonly string[],
  signal: AbortSignal,
  stderr: NodeJS.WritableStream,
): Promise<number> {
  for (;;) {
    const startedMs = systemClock.monotonicMs();
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const code = await exitOf(child, signal);
    if (signal.aborted) return code;
    stderr.write(`dynoscope: worker ${number} ended with ${code}\n`);
    if (systemClock.monotonicMs() - startedMs < soonMs) return code === 0 ? 1 : code;
    await delay(systemClock, restartAfterMs, signal);
    if (signal.aborted) return 0;
  }
}

function exitOf(child: ChildProcess, signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const stop = (): void => {
      child.kill('SIGTERM');
    };
    signal.addEventListener('abort', stop, { once: true });
    child.on('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}
