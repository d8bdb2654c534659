import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stateHashOf } from '../../schemas/weight-state.ts';
import { type BalancerDriver, weightsOfState } from '../../sinks/loadbalancer/driver.ts';
import { HaproxyDriver } from '../../sinks/loadbalancer/haproxy/haproxy.ts';
import { Program, type ProgramEvent } from '../program/program.ts';
import { atEnd, freshFolder } from '../system/running.ts';
import { HaproxyProcess } from './haproxy-process.ts';

export type NamedWeights = Readonly<Record<string, number>>;

export const safe: NamedWeights = { s1: 100, s2: 100, s3: 100 };
export const moved: NamedWeights = { s1: 150, s2: 60, s3: 120 };
export const tier = 'web';
const lookEveryMs = 20;

export interface PoolOptions {
  readonly pool: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface SteeredPoolOptions extends PoolOptions {
  /** Flags of `dynoscope balancer` that choose the balancer. */
  readonly flags: readonly string[];
  /** By which the test looks at the balancer. */
  readonly reader: Pick<BalancerDriver, 'read'>;
}

/** One pool of a balancer that runs already, and the real `dynoscope balancer` beside it. */
export class SteeredPool {
  readonly pool: string;
  readonly killFile: string;
  readonly #t: TestContext;
  readonly #options: SteeredPoolOptions;
  readonly #stateFile: string;
  #program!: Program;

  constructor(t: TestContext, options: SteeredPoolOptions) {
    const folder = freshFolder(t);
    this.#t = t;
    this.pool = options.pool;
    this.#options = options;
    this.killFile = join(folder, 'kill');
    this.#stateFile = join(folder, 'state');
  }

  /** Resolves when it has restored safe weights. */
  async startBalancer(): Promise<void> {
    const { flags, env } = this.#options;
    const where = [...flags, '--pool', this.pool, '--tier', tier];
    const files = ['--kill-file', this.killFile, '--state', this.#stateFile];
    const program = new Program({ args: ['balancer', ...where, ...files, '--largest-share', '0.7', '--json'], env });
    this.#program = program;
    atEnd(this.#t, async () => {
      if (program.running) await program.signal('SIGKILL');
    });
    await program.event(({ status }) => status === 'reverted_restart');
  }

  get program(): Program {
    return this.#program;
  }

  /** The adapter's own process. */
  get childPid(): number {
    const { pid } = this.#program;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  }

  async weights(): Promise<NamedWeights> {
    return Object.fromEntries(weightsOfState(await this.#options.reader.read()));
  }

  async stateHash(): Promise<string> {
    return stateHashOf(weightsOfState(await this.#options.reader.read()));
  }

  /** Milliseconds until the balancer has these weights. */
  async msUntil(weights: NamedWeights, withinMs: number): Promise<number> {
    const startedMs = performance.now();
    for (;;) {
      const now = await this.weights();
      const passedMs = performance.now() - startedMs;
      if (Object.keys(weights).every((server) => now[server] === weights[server])) return Math.round(passedMs);
      if (passedMs > withinMs)
        throw new Error(
          `${this.pool} has ${JSON.stringify(now)} after ${withinMs} ms, not ${JSON.stringify(weights)}; its adapter said ` +
            `${JSON.stringify(this.#program.events.slice(-3))}\n${this.#program.stderr}`,
        );
      await delay(lookEveryMs);
    }
  }

  /** The first report after those there were at `since` that fits. */
  said(fits: (report: ProgramEvent) => boolean, since = 0): Promise<ProgramEvent> {
    return this.#program.event((report) => this.#program.events.indexOf(report) >= since && fits(report));
  }
}

/** One pool of a real HAProxy of its own. */
export class Pool extends SteeredPool {
  readonly haproxy: HaproxyProcess;

  private constructor(t: TestContext, haproxy: HaproxyProcess, options: PoolOptions) {
    const reader = new HaproxyDriver({ address: { path: haproxy.socketPath }, backend: 'web' });
    super(t, { ...options, reader, flags: ['--haproxy', haproxy.socketPath, '--backend', 'web'] });
    this.haproxy = haproxy;
  }

  static async start(t: TestContext, options: PoolOptions): Promise<Pool> {
    const haproxy = await HaproxyProcess.start();
    atEnd(t, () => haproxy.close());
    const pool = new Pool(t, haproxy, options);
    await pool.startBalancer();
    return pool;
  }
}
