import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A script of this folder as a process of its own: takes orders as JSON lines on stdin, and ends when that ends. */
export class SoakChild {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #talk = '';

  constructor(name: 'feed' | 'clickhouse-server', argument: string) {
    this.#name = name;
    const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    this.#child = spawn(process.execPath, ['--enable-source-maps', file, argument], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, DYNO_LOG_LEVEL: 'error' },
    });
    // Orders to a child that has ended are told by `running`.
    this.#child.stdin!.on('error', () => {});
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.#talk = (this.#talk + text.toString()).slice(-10_000);
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Throws with its own words when it has ended. */
  mustRun(): void {
    if (!this.running) throw new Error(`${this.#name} ended by itself; it said:\n${this.#talk}`);
  }

  order(order: object): void {
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
  }

  /** The next thing that it says. */
  async said(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`${this.#name} ended without an answer; it said:\n${this.#talk}`);
    return JSON.parse(line.value) as unknown;
  }

  /** Lets it end in order and answers its last words. */
  async end(): Promise<unknown> {
    this.#child.stdin!.end();
    const last = await this.said();
    if (this.running) await once(this.#child, 'exit');
    return last;
  }

  async kill(): Promise<void> {
    if (!this.running) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
