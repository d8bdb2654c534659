#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { DynoError, messageOf } from '../base/errors.ts';
import { loadAddon } from '../native/load-addon.ts';
import type { CommandSpec } from './command.ts';
import { commandSpecs } from './commands/index.ts';

/** Stopping in order may take this long after the signal; the process has ended before 5 s. */
const stopWithinMs = 3_500;

/** Everything that matters is in the last commit: a restart goes on from there, as after a kill. */
function endNow(): never {
  process.stderr.write('dynoscope: not everything stopped in time; the next start goes on from the last commit.\n');
  // Without the addon the embedded ClickHouse, still at work, may crash while the process takes it down.
  loadAddon()?.exitNow(0);
  process.exit(0);
}

/** `dynoscope <command>`: data to stdout, talk to stderr, exit 0 done, 1 found trouble, 2 wrong use. */
async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (!stop.signal.aborted) setTimeout(endNow, stopWithinMs).unref();
      stop.abort();
    });
  }
  let exitCode = 0;
  const program = new Command('dynoscope')
    .description('Streaming capacity and performance of a fleet: one-second counters, tier windows, live load tests.')
    .showHelpAfterError('(add --help for the usage)')
    .exitOverride();
  for (const spec of commandSpecs) addCommand(program, spec, stop.signal, (code) => (exitCode = code));
  program.addHelpText('after', '\nExample:\n  $ dynoscope start --for 60s --json');
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function addCommand(program: Command, spec: CommandSpec, signal: AbortSignal, done: (code: number) => void): void {
  const command = program.command(spec.name).description(spec.summary);
  spec.configure(command);
  command.addHelpText('after', `\nExample:\n  $ ${spec.example}`);
  command.action(async () => {
    const call = {
      args: command.args,
      options: command.opts(),
      signal,
      stdout: process.stdout,
      stderr: process.stderr,
    };
    done(await spec.run(call));
  });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const code = error instanceof DynoError ? `${error.code}: ` : '';
  process.stderr.write(`dynoscope: ${code}${messageOf(error)}\n`);
  if (!(error instanceof DynoError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof DynoError && error.code.startsWith('DYNO_USAGE') ? 2 : 1;
}

// A reader that has seen enough (`dynoscope query … | head`) closes the pipe: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
