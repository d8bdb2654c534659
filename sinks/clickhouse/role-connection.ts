import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import { type Role, timeoutMsOf } from './roles.ts';
import type { RowFormat } from './row-format.ts';

/** An insert whose body is already bytes of its format. */
export interface RawInsert {
  readonly table: string;
  readonly columns: readonly string[];
  readonly format: RowFormat;
  readonly rows: Buffer;
  readonly token: string;
}

/** One open connection: the official client, and the way in for ready-made bytes. */
export interface Link {
  readonly client: ClickHouseClient;
  insert(insert: RawInsert, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface RoleConnectionOptions {
  readonly role: Role;
  readonly open: (role: Role) => Promise<Link>;
  readonly clock: Clock;
  /** One call at a time: the embedded engine's connections are serial anyway, and a failed one must not be in use twice. */
  readonly serial: boolean;
}

/** Calls that wait for one connection; more are refused at once, so that a stuck engine cannot fill the memory. */
const waitingMax = 256;

/**
 * The connection of one role. After an error, a timeout or an abort the link is closed and the next call opens a new
 * one: a connection of the embedded engine keeps settings, and a broken call may leave its partial output in the next answer.
 */
export class RoleConnection {
  readonly role: Role;
  readonly #options: RoleConnectionOptions;
  #link: Promise<Link> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(options: RoleConnectionOptions) {
    this.role = options.role;
    this.#options = options;
  }

  /** Runs `work` on the open link. Rejects with what it rejects with, or DYNO_CLICKHOUSE_TIMEOUT, or the signal's reason. */
  async run<T>(work: (link: Link, signal: AbortSignal) => Promise<T>, options: RunOptions = {}): Promise<T> {
    if (!this.#options.serial) return this.#attempt(work, options);
    if (this.#waiting >= waitingMax) throw busy(this.role);
    this.#waiting += 1;
    const turn = this.#tail.then(() => this.#attempt(work, options));
    this.#tail = turn.catch(() => undefined);
    return turn.finally(() => {
      this.#waiting -= 1;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
    await this.#drop();
  }

  async #attempt<T>(work: (link: Link, signal: AbortSignal) => Promise<T>, options: RunOptions): Promise<T> {
    options.signal?.throwIfAborted();
    if (this.#closed)
      throw new DynoError('DYNO_CLICKHOUSE_CLOSED', `the ${this.role} connection to ClickHouse is closed`);
    const limit = deadline(this.#options.clock, options.timeoutMs ?? timeoutMsOf[this.role], this.role, options.signal);
    try {
      this.#link ??= this.#options.open(this.role);
      const link = await this.#link;
      return await Promise.race([work(link, limit.signal), limit.broken]);
    } catch (error) {
      await this.#drop();
      throw error;
    } finally {
      limit.cancel();
    }
  }

  async #drop(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.then((open) => open.close()).catch(() => undefined);
  }
}

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A signal that aborts with the caller's or when the time is up, and a promise that rejects with it. */
function deadline(clock: Clock, timeoutMs: number, role: Role, caller: AbortSignal | undefined) {
  const controller = new AbortController();
  const { promise: broken, reject } = withReject();
  const stop = (reason: unknown) => {
    reject(reason);
    controller.abort(reason);
  };
  const onAbort = () => stop(caller?.reason);
  caller?.addEventListener('abort', onAbort, { once: true });
  const cancelTimer = clock.after(timeoutMs, () => stop(timedOut(role, timeoutMs)));
  const cancel = () => {
    cancelTimer();
    caller?.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, broken, cancel };
}

function withReject(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  // Nobody may be listening any more when it rejects.
  promise.catch(() => undefined);
  return { promise, reject };
}

const timedOut = (role: Role, timeoutMs: number): DynoError =>
  new DynoError(
    'DYNO_CLICKHOUSE_TIMEOUT',
    `ClickHouse (${role}) did not answer within ${timeoutMs} ms; the call is tried again or can be repeated`,
    { retryable: true, details: { role, timeoutMs } },
  );

const busy = (role: Role): DynoError =>
  new DynoError(
    'DYNO_CLICKHOUSE_BUSY',
    `${waitingMax} calls already wait for ClickHouse (${role}); ask again when the load is gone`,
    { retryable: true, details: { role, waitingMax } },
  );
