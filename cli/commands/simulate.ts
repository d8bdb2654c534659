import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { type Clock, delay, systemClock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { durationMs } from '../duration.ts';
import { isClosedPipe, unwritable } from '../output-file.ts';

interface SimulateFlags {
  readonly scenario: string;
  readonly seed: number;
  readonly durationMs: number;
  /** Simulated seconds a second; infinite = as fast as it goes. */
  readonly speed: number;
  readonly out: string | undefined;
  readonly truth: string | undefined;
  readonly topology: string | undefined;
}

/** `dynoscope simulate`: a deterministic fleet, its records in the replay format, and the truth about it. */
export const simulate = defineCommand({
  name: 'simulate',
  summary: 'Simulates a fleet with a known truth; writes its records in the replay format.',
  configure: (command) =>
    command
      .argument('[what]', 'loadtest: one live load test against a simulated tier, in virtual time')
      .option('--scenario <file|name>', 'fleet, web, quiet, or a YAML file (as in simulate/scenarios)', 'fleet')
      .option('--seed <n>', 'the same seed gives the same records', '1')
      .option('--duration <time>', 'simulated time', '1m')
      .option('--speed <max|n>', 'simulated seconds a second; max = as fast as it goes', 'max')
      .option('--out <file>', 'records as NDJSON (default: stdout)')
      .option('--truth <file>', 'capacities and faults as JSON')
      .option('--topology <file>', 'the inventory as topology.yaml')
      .option('--generation <name>', 'loadtest: CPU generation whose capacity is to be found', 'NHM')
      .option('--cores <n>', 'loadtest: logical CPUs, with --service-ms instead of a generation')
      .option('--service-ms <ms>', 'loadtest: mean CPU time of a hit')
      .option('--cv2 <n>', 'loadtest: squared coefficient of variation of that time', '1')
      .option('--panel <n>', 'loadtest: hosts under test', '8')
      .option('--baseline-ms <ms>', 'loadtest: part of a hit spent outside of the CPUs', '32')
      .option('--max <time>', 'loadtest: simulated time after which it gives up', '15m')
      .option('--json', 'loadtest: one JSON object on stdout'),
  example: 'dynoscope simulate --scenario web --seed 7 --duration 5s',
  run: async (call) => {
    const [what] = call.args;
    if (what === undefined) return runSimulation(call, systemClock);
    if (what === 'loadtest') return (await import('./simulate-loadtest.ts')).simulateLoadTest(call);
    throw new DynoError(
      'DYNO_USAGE_SIMULATE',
      `"${what}" cannot be simulated; write "dynoscope simulate" for a fleet or "dynoscope simulate loadtest"`,
    );
  },
});

export async function runSimulation(call: CommandCall, clock: Clock): Promise<number> {
  const flags = flagsOf(call.options);
  const [{ createFleet }, { loadScenario }, { replayLine }, { truthJson, topologyYaml }] = await Promise.all([
    import('../../simulate/fleet.ts'),
    import('../../simulate/scenario.ts'),
    import('../../simulate/replay-line.ts'),
    import('../../simulate/fleet-files.ts'),
  ]);
  const { startMs, ...scenario } = loadScenario(flags.scenario);
  const fleet = createFleet({ ...scenario, seed: flags.seed });
  if (flags.topology !== undefined) await writeNamed(flags.topology, topologyYaml(fleet));
  const secondText = (timeMs: number): string => fleet.second(timeMs).map(replayLine).join('');
  const ranMs = await writeRecords({ call, clock, flags, secondText, startMs });
  if (flags.truth !== undefined)
    await writeNamed(flags.truth, truthJson({ fleet, ...flags, startMs, durationMs: ranMs }));
  return 0;
}

interface Run {
  readonly call: CommandCall;
  readonly clock: Clock;
  readonly flags: SimulateFlags;
  readonly secondText: (timeMs: number) => string;
  readonly startMs: number;
}

/** Writes second after second, no faster than the reader takes them; answers the simulated time. */
async function writeRecords({ call, clock, flags, secondText, startMs }: Run): Promise<number> {
  const out: NodeJS.WritableStream = flags.out === undefined ? call.stdout : createWriteStream(flags.out);
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  let failure: unknown;
  // A reader that has had enough (`| head`) ends the run; other faults are told.
  const onError = (error: unknown) => {
    failure = error;
    stop.abort();
  };
  out.on('error', onError);
  const beganMs = clock.monotonicMs();
  let ranMs = 0;
  for (; ranMs < flags.durationMs && !signal.aborted; ranMs += 1_000) {
    const aheadMs = ranMs / flags.speed - (clock.monotonicMs() - beganMs);
    if (aheadMs > 0) await delay(clock, aheadMs, signal);
    if (signal.aborted) break;
    if (!out.write(secondText(startMs + ranMs))) await once(out, 'drain', { signal }).catch(() => {});
    if (ranMs % progressEveryMs === 0 && ranMs > 0) sayProgress(call, flags, ranMs);
  }
  if (flags.out !== undefined && failure === undefined) {
    out.end();
    await finished(out).catch(onError);
  }
  out.removeListener('error', onError);
  if (failure !== undefined && !isClosedPipe(failure)) throw unwritable(flags.out ?? 'stdout', failure);
  return ranMs;
}

const progressEveryMs = 600_000;

const sayProgress = (call: CommandCall, flags: SimulateFlags, ranMs: number): boolean =>
  call.stderr.write(`dynoscope: ${ranMs / 60_000} of ${flags.durationMs / 60_000} minutes simulated.\n`);

async function writeNamed(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw unwritable(file, error);
  }
}

const yearMs = 365 * 86_400_000;

function flagsOf(options: CommandCall['options']): SimulateFlags {
  const text = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined);
  return {
    scenario: text('scenario') ?? 'fleet',
    seed: seedOf(text('seed') ?? '1'),
    durationMs: durationMs(text('duration') ?? '1m', { option: '--duration', minMs: 1_000, maxMs: yearMs }),
    speed: speedOf(text('speed') ?? 'max'),
    out: text('out'),
    truth: text('truth'),
    topology: text('topology'),
  };
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= 0xffffffff) return seed;
  throw wrongFlag(`--seed is "${text}", expected a whole number from 0 to 4294967295`);
}

function speedOf(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  if (speed > 0 && Number.isFinite(speed)) return speed;
  throw wrongFlag(`--speed is "${text}", expected max or simulated seconds a second, such as 1`);
}

const wrongFlag = (why: string): DynoError => new DynoError('DYNO_USAGE_SIMULATE', why);
