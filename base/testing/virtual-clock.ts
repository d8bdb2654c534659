import type { Clock } from '../clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly task: () => void;
  cancelled: boolean;
}

const before = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A clock that moves only when told to: timers run in order of their time, and no test waits. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  /** Binary heap, the earliest timer first: simulations set a great many. */
  readonly #timers: Timer[] = [];
  readonly #settle: () => Promise<void>;

  /** `promisesOnly`: nothing of what is simulated does real I/O, so between two timers only promises are waited for. */
  constructor(startMs = 1_700_000_000_000, { promisesOnly = false }: { readonly promisesOnly?: boolean } = {}) {
    this.#nowMs = startMs;
    this.#settle = promisesOnly ? settlePromises : settle;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, task, cancelled: false };
    this.#push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Moves the clock on, running each due timer at its own time; promise callbacks run between timers. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#timers[0]; next !== undefined && next.atMs <= untilMs; next = this.#timers[0]) {
      this.#pop();
      if (next.cancelled) continue;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.task();
      await this.#settle();
    }
    this.#nowMs = untilMs;
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#timers;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

/** Lets pending promise callbacks run: a tick comes when none is left. A sixth of a simulated world's time is saved. */
const settlePromises = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Lets pending promise callbacks and I/O of this turn run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
