import { Worker } from 'node:worker_threads';

export type ThreadQuestion =
  | { readonly number: number; readonly kind: 'schema'; readonly id: number }
  | { readonly number: number; readonly kind: 'register'; readonly subject: string; readonly schemaJson: string };

type Unnumbered<Q> = Q extends ThreadQuestion ? Omit<Q, 'number'> : never;

export interface ThreadAnswer {
  readonly number: number;
  readonly value?: string | number;
  readonly error?: { readonly message: string; readonly status: number | undefined };
}

/** What the registry refused, with its HTTP status; without one it did not answer. */
export class RegistryFailure extends Error {
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.status = status;
  }
}

interface Waiting {
  resolve(value: string | number): void;
  reject(error: Error): void;
}

export interface AskThreadOptions {
  readonly url: string;
  readonly timeoutMs: number;
}

/** Schemas are asked for at the start and then hardly ever. */
const idleMs = 5_000;

/**
 * Confluent's client in a thread of its own, which starts before the first question and ends when there are no more:
 * importing the client takes 0.2 s and leaves objects that every collection of garbage would go through.
 */
export class AskThread {
  readonly #options: AskThreadOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #number = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: AskThreadOptions) {
    this.#options = options;
  }

  /** Loads the client now, so that the first question need not wait for it. Holds no process alive. */
  warm(): void {
    if (this.#worker !== undefined) return;
    this.#worker = this.#start();
    this.#worker.unref();
    this.#endWhenIdle();
  }

  ask(question: Unnumbered<ThreadQuestion>): Promise<string | number> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    // The process stays while somebody waits for an answer, and ends where nobody does.
    this.#worker.ref();
    const number = ++this.#number;
    const answered = new Promise<string | number>((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
    this.#worker.postMessage({ ...question, number });
    return answered;
  }

  #start(): Worker {
    const worker = new Worker(new URL('client-thread.js', import.meta.url), { workerData: this.#options });
    worker.on('message', (answer: ThreadAnswer) => this.#take(answer));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`the registry client's thread ended with ${code}`)));
    return worker;
  }

  #take({ number, value, error }: ThreadAnswer): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error !== undefined) waiting?.reject(new RegistryFailure(error.message, error.status));
    else if (value !== undefined) waiting?.resolve(value);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    this.#idle = setTimeout(() => this.#end(), idleMs);
    this.#idle.unref();
  }

  #end(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }

  /** A thread that died takes its questions with it; the next one is asked of a new thread. */
  #lose(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
