import type { Measured } from '../measured-child.ts';

/** Measures the part of the work after the first `warmCount` units: by then code is compiled and memory is there. */
export class Meter {
  count = 0;
  readonly #warmCount: number;
  #from: { count: number; cpu: NodeJS.CpuUsage; wallMs: number } | undefined;

  constructor(warmCount: number) {
    this.#warmCount = warmCount;
  }

  /** Notes how many units are done in all; the clocks are read at the same moment. */
  done(count: number): void {
    this.count = count;
    if (this.#from === undefined && count >= this.#warmCount)
      this.#from = { count, cpu: process.cpuUsage(), wallMs: performance.now() };
  }

  measured(facts: Measured['facts'] = {}): Measured {
    if (this.#from === undefined) throw new Error(`only ${this.count} units were done: nothing was measured`);
    const { user, system } = process.cpuUsage(this.#from.cpu);
    return {
      count: this.count - this.#from.count,
      cpuS: (user + system) / 1e6,
      wallS: (performance.now() - this.#from.wallMs) / 1e3,
      rssMb: process.resourceUsage().maxRSS / 1024,
      facts,
    };
  }
}

/** What the parent asks for. */
export const childOptions = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

/** Answers the parent and ends: nothing that still waits may hold the process. */
export function answerAndExit(measured: Measured): void {
  process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
}
