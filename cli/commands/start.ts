import { systemClock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import type { StatusReport } from '../../overwatch/status-report.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { durationMs } from '../duration.ts';

const statusEveryMs = 1_000;

/** `dynoscope start`: the whole system in one process, what `npm start` runs. */
export const start = defineCommand({
  name: 'start',
  summary: "Runs everything in one process: this machine's agent, a simulated fleet, all stages, Overwatch.",
  configure: (command) =>
    command
      .option('--for <time>', 'stop by itself after this long (60s, 5m)')
      .option('--hosts <n>', 'hosts of the simulated fleet', '240')
      .option('--no-fleet', 'no simulated fleet: this machine only')
      .option('--seed <n>', 'seed of the simulated fleet', '1')
      .option('--port <n>', 'port of Overwatch (default 8080; 0 = any free one)')
      .option('--data <dir>', 'data directory (default .dynoscope)')
      .option('--config <file>', 'settings file (default dynoscope.yaml, if there is one)')
      .option('--json', 'one JSON object a line: ready, then status every second'),
  example: 'dynoscope start --for 60s --json',
  run,
});

async function run(call: CommandCall): Promise<number> {
  const { loadSettings } = await import('../../base/settings/load-settings.ts');
  const { startSystem } = await import('../system/system.ts');
  const text = (name: string): string | undefined =>
    typeof call.options[name] === 'string' ? (call.options[name] as string) : undefined;
  const runForMs =
    text('for') === undefined
      ? undefined
      : durationMs(text('for')!, { option: '--for', minMs: 1_000, maxMs: 30 * 86_400_000 });
  const fleet =
    call.options['fleet'] === false
      ? undefined
      : { hosts: whole(call, 'hosts', 1, 20_000), seed: whole(call, 'seed', 0, 4_294_967_295) };
  const config = text('config');
  const settings = loadSettings({
    cwd: process.cwd(),
    env: process.env,
    ...(config !== undefined && { file: config }),
    overrides: {
      ...(text('data') !== undefined && { data_dir: text('data') }),
      ...(text('port') !== undefined && { 'overwatch.port': whole(call, 'port', 0, 65_535) }),
    },
  });
  const startedAtMs = systemClock.monotonicMs();
  const system = await startSystem({ settings, clock: systemClock, fleet, signal: call.signal });
  if (system === undefined) return 0;
  const say = call.options['json'] === true ? jsonLines(call) : liveLine(call, settings.dataDir);
  say.ready(system.url, system.registryUrl, fleet?.hosts ?? 0);
  const timer = setInterval(() => say.status(system.status()), statusEveryMs);
  await ended(call.signal, runForMs === undefined ? undefined : runForMs - (systemClock.monotonicMs() - startedAtMs));
  clearInterval(timer);
  await system.stop();
  say.stopped();
  return 0;
}

interface Voice {
  ready(url: string, registryUrl: string, simulatedHosts: number): void;
  status(report: StatusReport): void;
  stopped(): void;
}

const lateIn = ({ stages }: StatusReport): number => stages.find(({ name }) => name === 'windows')?.late ?? 0;
const lagOf = ({ stages }: StatusReport): number => Math.max(0, ...stages.map(({ lag_s }) => lag_s));

function jsonLines(call: CommandCall): Voice {
  const line = (event: object): boolean => call.stdout.write(`${JSON.stringify(event)}\n`);
  return {
    ready: (url, registryUrl) => line({ event: 'ready', url, api: `${url}/api`, registryUrl, dynoPort: null }),
    status: (report) =>
      line({
        event: 'status',
        records_per_s: report.records_per_s,
        lag_s: lagOf(report),
        late: lateIn(report),
        rejected: report.rejected,
        hosts: report.hosts.alive,
        problems: report.problems,
      }),
    stopped: () => {},
  };
}

/** Where everything is, then one line that is written over; without a terminal a line every 10 s. */
function liveLine(call: CommandCall, dataDir: string): Voice {
  const terminal = (call.stdout as NodeJS.WriteStream).isTTY === true;
  let count = 0;
  return {
    ready: (url, registryUrl, simulated) =>
      call.stdout.write(
        [
          `Overwatch   ${url}`,
          `SQL         ${url}/api/query?sql=SELECT host, avg(cpu_busy_ratio) FROM dynoscope.host_windows GROUP BY host`,
          `API         ${url}/api/docs`,
          `Registry    ${registryUrl}`,
          `Data        ${dataDir}`,
          simulated > 0
            ? `Hosts       this machine (real) and ${simulated} SIMULATED ones; --no-fleet leaves them out`
            : 'Hosts       this machine',
          'Ctrl-C stops.',
          '',
        ].join('\n'),
      ),
    status: (report) => {
      const words =
        `${report.hosts.alive} hosts (${report.hosts.simulated} simulated)  ${report.records_per_s.toFixed(0)} records/s  ` +
        `lag ${lagOf(report).toFixed(1)} s  late ${lateIn(report)}  rejected ${report.rejected}` +
        (report.problems.length > 0 ? `  PROBLEM: ${report.problems[0]}` : '');
      if (terminal)
        call.stdout.write(`\r\u001b[K${words.slice(0, ((call.stdout as NodeJS.WriteStream).columns ?? 120) - 1)}`);
      else if (count++ % 10 === 0) call.stdout.write(`${words}\n`);
    },
    stopped: () => call.stdout.write(terminal ? '\nStopped.\n' : 'Stopped.\n'),
  };
}

function whole(call: CommandCall, option: string, low: number, high: number): number {
  const given = call.options[option];
  const number = Number(given);
  if (Number.isInteger(number) && number >= low && number <= high) return number;
  throw new DynoError('DYNO_USAGE_START', `--${option} ${String(given)} is not a whole number from ${low} to ${high}`);
}

const ended = (signal: AbortSignal, afterMs: number | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = afterMs === undefined ? undefined : setTimeout(resolve, Math.max(0, afterMs));
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
