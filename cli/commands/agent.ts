import { hostname } from 'node:os';
import type { HostSample } from '../../agent/sample.ts';
import type { OnceReport } from '../../agent/sample-once.ts';
import { systemClock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { durationMs } from '../duration.ts';

interface AgentFlags {
  readonly once: boolean;
  readonly json: boolean;
  readonly root: string | undefined;
  readonly rootNext: string | undefined;
  readonly intervalMs: number;
  readonly listen: string | undefined;
}

/** `dynoscope agent`: dynolog on this machine. */
export const agent = defineCommand({
  name: 'agent',
  summary: "Samples this machine's counters every second and publishes them (dynolog).",
  configure: (command) =>
    command
      .option('--once', 'sample twice, one interval apart, print the counters and exit')
      .option('--json', 'JSON on stdout: one object with --once, else one a sample')
      .option('--root <dir>', 'with --once: read the recorded proc and sys in this folder instead of this machine')
      .option('--root-next <dir>', 'with --root: the recording of a later moment; proc/uptime gives the time between')
      .option('--interval <time>', 'time between samples', '1s')
      .option('--listen <address>', 'address of the dyno service (not part of this version)'),
  example: 'dynoscope agent --once --json',
  run: async (call) => {
    const flags = flagsOf(call.options);
    if (flags.listen !== undefined) sayNoDyno(call, flags.listen);
    if (!flags.once) return runForever(call, flags);
    const report = await reportOf(call, flags);
    call.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report));
    return 0;
  },
});

function flagsOf(options: CommandCall['options']): AgentFlags {
  const text = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined);
  const flags = {
    once: options['once'] === true,
    json: options['json'] === true,
    root: text('root'),
    rootNext: text('rootNext'),
    intervalMs: durationMs(text('interval') ?? '1s', { option: '--interval', minMs: 100, maxMs: 60_000 }),
    listen: text('listen'),
  };
  if (!flags.once && flags.intervalMs % 1_000 !== 0)
    throw wrongFlags(
      '--interval must be a whole number of seconds, as samples are told apart by their second; parts of one are for --once',
    );
  if (flags.root !== undefined && !flags.once)
    throw wrongFlags('--root reads a recording, which works with --once only');
  if (flags.rootNext !== undefined && flags.root === undefined) throw wrongFlags('--root-next needs --root');
  return flags;
}

const wrongFlags = (why: string): DynoError =>
  new DynoError('DYNO_USAGE_AGENT', `${why}; see "dynoscope agent --help"`);

const sayNoDyno = (call: CommandCall, address: string): boolean =>
  call.stderr.write(
    `dynoscope: the dyno service is not part of this version: nothing listens on ${address}; the agent runs without it.\n`,
  );

async function reportOf(call: CommandCall, flags: AgentFlags): Promise<OnceReport> {
  const { sampleOnce, sampleRecorded } = await import('../../agent/sample-once.ts');
  const host = hostname();
  const { root, rootNext, intervalMs } = flags;
  if (root === undefined) return sampleOnce({ host, clock: systemClock, intervalMs, signal: call.signal });
  return sampleRecorded({ root, host, ...(rootNext !== undefined && { rootNext }) });
}

/** For people: `name: value`, sorted by name, as `dyno` prints it. */
function reportText({ counters, unavailable }: OnceReport): string {
  const lines = Object.entries(counters).map(([name, value]) =>
    value === null ? `${name}: unavailable (${unavailable[name]})` : `${name}: ${value}`,
  );
  return `${lines.sort().join('\n')}\n`;
}

async function runForever(call: CommandCall, flags: AgentFlags): Promise<number> {
  const [{ startAgent }, { valuesOf, unavailableOf }, { openAgentPublisher }] = await Promise.all([
    import('../../agent/agent.ts'),
    import('../../agent/sample-once.ts'),
    import('../agent-publisher.ts'),
  ]);
  const publisher = await openAgentPublisher(call);
  const running = await startAgent({
    host: hostname(),
    intervalMs: flags.intervalMs,
    ...(publisher && { publisher }),
    onSample: (sample, { reasons }) => {
      if (flags.json)
        call.stdout.write(sampleLine(sample, valuesOf(sample.values), unavailableOf({ reasons: [...reasons] })));
    },
  });
  await aborted(call.signal);
  running.stop();
  await publisher?.close();
  return 0;
}

const sampleLine = (
  sample: HostSample,
  counters: OnceReport['counters'],
  unavailable: OnceReport['unavailable'],
): string =>
  `${JSON.stringify({
    host: sample.host,
    time: new Date(sample.timeMs).toISOString(),
    interval_s: sample.intervalMs / 1_000,
    counters,
    unavailable,
  })}\n`;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
