/** One line of `npm run bench`: figures of ours beside those of a baseline, measured alternately in one run. */
export interface BenchResult {
  readonly bench: string;
  readonly value: number;
  readonly unit: string;
  /** The same quantity of what it is compared with; `undefined` where there is nothing of the kind. */
  readonly baseline: number | undefined;
  /** value / baseline, of two measurements that ran next to each other; the median over the runs. */
  readonly ratio: number | undefined;
  /** CPU and wall seconds of the measured part of our side, summed over the runs. */
  readonly cpu_s: number;
  readonly wall_s: number;
  /** What must hold, in words and numbers that a script can compare. */
  readonly required?: string;
  readonly holds?: boolean;
  /** What else was found: versions, spread, sizes. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export interface BenchContext {
  /** Alternations of ours and baseline. */
  readonly runs: number;
  /** Share of the usual size, 0 to 1: to try a bench out. */
  readonly scale: number;
  /** Progress, for people, to stderr. */
  readonly say: (words: string) => void;
}

export interface Bench {
  readonly name: string;
  /** What is compared with what, a sentence. */
  readonly summary: string;
  run(context: BenchContext): Promise<readonly BenchResult[]>;
}
