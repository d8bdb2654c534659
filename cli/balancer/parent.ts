import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Clock, delay, systemClock } from '../../base/clock.ts';

export interface KeepAliveOptions {
  /** Runs as the child with one argument more: JSON of `childOptions` and `once`. */
  readonly childFile: string;
  readonly childOptions: object;
  readonly signal: AbortSignal;
  readonly stderr: { write(words: string): unknown };
  readonly clock?: Clock;
}

export const balancerChildFile = fileURLToPath(new URL('./child-main.js', import.meta.url));

const restartAfterMs = 250;
/** A child that has not ticked for so long hangs. A tick waits at most for one command and a balancer that is silent. */
const hangsAfterMs = 8_000;

/**
 * Keeps a child running until the signal: whatever ends it or hangs it, another one starts 0.25 s later, and that one
 * begins with safe weights. At the signal the child restores them and ends; when it cannot say that it did, one more is
 * started only for that. Answers 0 when the last child did.
 */
export async function keepBalancerAlive(options: KeepAliveOptions): Promise<number> {
  const { signal, stderr, clock = systemClock } = options;
  while (!signal.aborted) {
    const ended = await lifeOf(options, clock, false);
    if (ended === 0 && signal.aborted) return 0;
    stderr.write(`dynoscope: the adapter ended (${ended})${signal.aborted ? '' : '; it starts again'}\n`);
    await delay(clock, restartAfterMs, signal);
  }
  const last = await lifeOf(options, clock, true);
  if (last === 0) return 0;
  stderr.write('dynoscope: safe weights could not be read back; look after the load balancer by hand\n');
  return 1;
}

/** One child from its start to its end: its exit code, or what else ended it. */
function lifeOf({ childFile, childOptions, signal }: KeepAliveOptions, clock: Clock, once: boolean) {
  return new Promise<number | string>((resolve) => {
    const argument = JSON.stringify({ ...childOptions, once });
    const child: ChildProcess = spawn(process.execPath, [...process.execArgv, childFile, argument], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let hangs = false;
    const watch = (): (() => void) =>
      clock.after(hangsAfterMs, () => {
        hangs = true;
        child.kill('SIGKILL');
      });
    let unwatch = watch();
    const stop = (): void => {
      child.kill('SIGTERM');
    };
    const end = (ended: number | string): void => {
      unwatch();
      signal.removeEventListener('abort', stop);
      resolve(hangs ? `no sign of life for ${hangsAfterMs / 1_000} s` : ended);
    };
    child.on('message', () => {
      unwatch();
      unwatch = watch();
    });
    child.on('error', (error) => {
      if (child.pid === undefined) end(error.message);
    });
    child.on('exit', (code, by) => end(code ?? by ?? 1));
    // The last one needs no signal, and would not survive it before it listens.
    if (!once) signal.addEventListener('abort', stop, { once: true });
  });
}
