import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { projectFile } from '../../base/project-file.ts';

export interface ProgramEvent {
  readonly event: string;
  readonly [name: string]: unknown;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another program than `dynoscope`, made for a test. */
  readonly file?: string;
}

/** `dynoscope` as its users run it: a process of its own, its JSON lines on stdout, its talk on stderr. */
export class Program {
  readonly events: ProgramEvent[] = [];
  stderr = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | NodeJS.Signals>;
  #waiting: (() => void)[] = [];

  constructor({ args, env = {}, cwd, file = projectFile('dist/cli/dynoscope.js') }: ProgramOptions) {
    this.#child = spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DYNO_LOG_LEVEL: 'warn', ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.events.push(parsed(line));
      this.#wake();
    });
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.stderr = (this.stderr + text.toString()).slice(-100_000);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        resolve(code ?? signal ?? 'SIGKILL');
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The first event, past or future, that fits. Rejects with the program's own words when it ends before. */
  async event(fits: (event: ProgramEvent) => boolean): Promise<ProgramEvent> {
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      if (!this.running) throw new Error(`the program ended before the event; it said:\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  async signal(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.#child.kill(signal);
    return this.#ended;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function parsed(line: string): ProgramEvent {
  try {
    return JSON.parse(line) as ProgramEvent;
  } catch {
    return { event: 'not_json', line };
  }
}
