import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log, Producer } from '../../log/port.ts';
import { codecOf } from '../../schemas/codec.ts';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import { serverWeights, stateHashOf } from '../../schemas/weight-state.ts';
import { weightsOfState } from '../../sinks/loadbalancer/driver.ts';
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

/** One pool: a real HAProxy and the real `dynoscope balancer` beside it. */
export class Pool {
  readonly pool: string;
  readonly haproxy: HaproxyProcess;
  readonly killFile: string;
  readonly #t: TestContext;
  readonly #env: PoolOptions['env'];
  readonly #driver: HaproxyDriver;
  readonly #stateFile: string;
  #program!: Program;

  private constructor(t: TestContext, haproxy: HaproxyProcess, { pool, env }: PoolOptions) {
    const folder = freshFolder(t);
    this.#t = t;
    this.pool = pool;
    this.haproxy = haproxy;
    this.#env = env;
    this.#driver = new HaproxyDriver({ address: { path: haproxy.socketPath }, backend: 'web' });
    this.killFile = join(folder, 'kill');
    this.#stateFile = join(folder, 'state');
  }

  static async start(t: TestContext, options: PoolOptions): Promise<Pool> {
    const haproxy = await HaproxyProcess.start();
    atEnd(t, () => haproxy.close());
    const pool = new Pool(t, haproxy, options);
    await pool.startBalancer();
    return pool;
  }

  /** Resolves when it has restored safe weights. */
  async startBalancer(): Promise<void> {
    const where = ['--haproxy', this.haproxy.socketPath, '--backend', 'web', '--pool', this.pool, '--tier', tier];
    const files = ['--kill-file', this.killFile, '--state', this.#stateFile];
    const program = new Program({
      args: ['balancer', ...where, ...files, '--largest-share', '0.7', '--json'],
      env: this.#env,
    });
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
    return Object.fromEntries(weightsOfState(await this.#driver.read()));
  }

  async stateHash(): Promise<string> {
    return stateHashOf(weightsOfState(await this.#driver.read()));
  }

  /** Milliseconds until HAProxy has these weights. */
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

/** Writes what a controller and an operator would. */
export class Commands {
  readonly #log: Log;
  readonly #producer: Producer;
  readonly #ids: ReadonlyMap<string, number>;
  #seq = 0;

  constructor(log: Log, producer: Producer, ids: ReadonlyMap<string, number>) {
    this.#log = log;
    this.#producer = producer;
    this.#ids = ids;
  }

  async send(pool: Pool, weights: NamedWeights, over: Partial<WeightCommand> = {}): Promise<string> {
    const topic = 'loadbalancer.control.v1';
    const seq = ++this.#seq;
    const command: WeightCommand = {
      commandId: `c${seq}`,
      pool: pool.pool,
      tier,
      epoch: 1,
      seq,
      issuedAt: 0,
      ttlMs: 10_000,
      mode: 'test',
      runId: 'run-1',
      weights: serverWeights(new Map(Object.entries(weights))).map((each) => ({ ...each, previous: undefined })),
      safeWeights: [],
      expectStateHash: await pool.stateHash(),
      reason: 'A test.',
      evidence: undefined,
      dryRun: false,
      ...over,
    };
    await this.bytes(pool.pool, codecOf(topic).encode(command, this.#ids.get(topic)!));
    return command.commandId;
  }

  async bytes(key: string, value: Buffer): Promise<void> {
    const topic = 'loadbalancer.control.v1';
    const { endOffsets } = await this.#log.topicState(topic);
    const partition = partitionOf(tier, endOffsets.length);
    await this.#producer.send([{ topic, partition, key: Buffer.from(key), value }]);
  }

  async kill(scope: string, engaged: boolean): Promise<void> {
    const topic = 'loadbalancer.killswitch.v1';
    const said = { scope, engaged, at: Date.now(), by: 'test', reason: 'A test.' };
    const value = codecOf(topic).encode(said, this.#ids.get(topic)!);
    await this.#producer.send([{ topic, partition: 0, key: Buffer.from(scope), value }]);
  }
}
