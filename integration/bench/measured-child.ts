import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process that did one thing measured of itself, its start-up and the first part of the work left out. */
export interface Measured {
  /** Units of work in the measured part. */
  readonly count: number;
  readonly cpuS: number;
  readonly wallS: number;
  readonly rssMb?: number;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export interface MeasuredChildOptions {
  /** A file of `children/`, without `.ts`. */
  readonly child: string;
  /** Given to the child as JSON. */
  readonly options: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs a child to its end and answers what it measured; `BENCH_NODE_OPTIONS` (a profiler) goes to our own children. */
export async function measuredChild(options: MeasuredChildOptions): Promise<Measured> {
  const { child, env = {}, timeoutMs = 600_000 } = options;
  const file = fileURLToPath(new URL(`children/${child}.js`, import.meta.url));
  const nodeOptions = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((word) => word !== '');
  const args = [...nodeOptions, file, JSON.stringify(options.options)];
  return lastJsonLine(process.execPath, args, { DYNO_LOG_LEVEL: 'error', ...env }, timeoutMs);
}

/** The last line that a command says on stdout, which is what it measured; rejects with its stderr where it fails. */
export function lastJsonLine(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let out = '';
    let talk = '';
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
    });
    child.stderr.on('data', (text: Buffer) => {
      talk = (talk + text.toString()).slice(-20_000);
    });
    const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(late);
      const line = out.trim().split('\n').at(-1) ?? '';
      if (code === 0 && line.startsWith('{')) resolve(JSON.parse(line) as Measured);
      else reject(new Error(`${command} ${args.at(-2)} ended with ${code ?? signal}; it said:\n${talk || out}`));
    });
  });
}
