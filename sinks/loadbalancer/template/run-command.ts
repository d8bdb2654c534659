import { spawn } from 'node:child_process';

/** A program and its arguments; no shell looks at them. */
export type Command = readonly [program: string, ...args: string[]];

const printedCharsMax = 500;

/**
 * undefined = it ended with exit code 0 in time; else what was wrong and the first that it printed, a sentence's rest.
 * When the time is over the command and all that it started are killed.
 */
export function complaintOf([program, ...args]: Command, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    // A process group of its own, so that a script's children end with it.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let printed = '';
    const settle = (what: string | undefined): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(what && `${what}: ${printed.trim().replaceAll(/\s*\n\s*/g, '; ') || '(it printed nothing)'}`);
    };
    const timer = setTimeout(() => {
      killGroup(child.pid);
      settle(`${program} did not end within ${timeoutMs} ms`);
    }, timeoutMs);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed = (printed + text).slice(0, printedCharsMax);
      });
    child.on('error', (error) => settle(`${program} cannot be run, ${error.message}`));
    // At `exit`, not `close`: a daemon that the command left behind may hold its output open for ever.
    child.on('exit', (code) => {
      if (code === 0) settle(undefined);
    });
    child.on('close', (code, signal) => {
      if (code !== 0) settle(`${program} ended with ${code === null ? `signal ${signal}` : `exit code ${code}`}`);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended in this moment.
  }
}
