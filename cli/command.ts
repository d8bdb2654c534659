import type { Command } from 'commander';

/** One command of `dynoscope`: one file in `cli/commands/`, listed in `cli/dynoscope.ts`. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** Arguments and options, in commander's own words. */
  readonly configure: (command: Command) => void;
  /** Shown at the end of `--help` and run by a test, in a fresh folder or beside a running `start`: it must exit 0. */
  readonly example: string;
  /**
   * Answers the exit code: 0 done, 1 found trouble, 2 wrong use. Heavy modules (ClickHouse, Kafka, registry client)
   * are imported in here, not at the top: `dynoscope agent` has to stay small.
   */
  readonly run: (call: CommandCall) => Promise<number>;
}

export interface CommandCall {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Aborts on SIGINT or SIGTERM: stop in order and answer the exit code. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

export const defineCommand = (spec: CommandSpec): CommandSpec => spec;
