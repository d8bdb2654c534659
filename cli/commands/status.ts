import { DynoError, messageOf } from '../../base/errors.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { readApiFile } from '../../overwatch/api-file.ts';
import {
  isHealthy,
  ledgerGap,
  problemsOf,
  type StageReport,
  type StatusReport,
} from '../../overwatch/status-report.ts';
import { type CommandCall, defineCommand } from '../command.ts';

const answerWithinMs = 5_000;

/** `dynoscope status`: asks the running program, through the address in its data directory. */
export const status = defineCommand({
  name: 'status',
  summary:
    'Shows stages, position, lag, late, rejected and hosts of the running program; exits 1 when it is unhealthy.',
  configure: (command) =>
    command
      .option('--data <dir>', 'data directory of the running program; default: that of the settings')
      .option('--json', 'one JSON object on stdout'),
  example: 'dynoscope status',
  run: async (call) => {
    const report = await askStatus(dataDirOf(call), call.signal);
    call.stdout.write(call.options['json'] === true ? `${JSON.stringify(report)}\n` : statusText(report));
    return isHealthy(report) ? 0 : 1;
  },
});

function dataDirOf({ options }: CommandCall): string {
  const given = options['data'];
  return typeof given === 'string' ? given : loadSettings({ cwd: process.cwd(), env: process.env }).dataDir;
}

async function askStatus(dataDir: string, signal: CommandCall['signal']): Promise<StatusReport> {
  const address = await readApiFile(dataDir);
  if (address === undefined) throw notRunning(dataDir, 'it has no api.json');
  try {
    const answer = await fetch(new URL('/api/status', address.url), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
    });
    if (!answer.ok) throw new Error(`${address.url} answered ${answer.status}`);
    return (await answer.json()) as StatusReport;
  } catch (cause) {
    throw notRunning(dataDir, `process ${address.pid} does not answer on ${address.url}: ${causeOf(cause)}`);
  }
}

/** fetch says only "fetch failed"; why is in its cause. */
const causeOf = (error: unknown): string =>
  messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);

const notRunning = (dataDir: string, why: string): DynoError =>
  new DynoError(
    'DYNO_CLI_NOT_RUNNING',
    `no running program was found for the data directory ${dataDir} (${why}); ` +
      'start one with "npm start", or name another directory with --data',
  );

/** For people: one line a part, one line a stage, then what is wrong. */
export function statusText(report: StatusReport): string {
  const { hosts, parts } = report;
  const head = [
    `${isHealthy(report) ? 'healthy' : report.ready ? 'UNHEALTHY' : 'STARTING'}   dynoscope ${report.version}, up ${Math.round(report.uptime_s)} s`,
    `parts     ${Object.entries(parts)
      .map(([name, part]) => `${name} ${part.kind}${part.ok ? '' : ' NOT OK'}`)
      .join(', ')}`,
    `hosts     ${hosts.alive} alive: ${hosts.real} real, ${hosts.simulated} simulated; ${hosts.silent.length} silent${silentNames(hosts.silent)}`,
    `records   ${report.records_per_s.toFixed(1)}/s, ${report.rejected} rejected`,
    '',
  ];
  // Below the table: in it, sentences would push the numbers off the screen.
  const problems = problemsOf(report).map((problem) => `problem   ${problem}`);
  return `${[...head, ...stageTable(report.stages), ...(problems.length > 0 ? ['', ...problems] : [])].join('\n')}\n`;
}

const silentNames = (silent: readonly string[]): string =>
  silent.length === 0 ? '' : ` (${silent.slice(0, 5).join(', ')}${silent.length > 5 ? ', …' : ''})`;

function stageTable(stages: readonly StageReport[]): string[] {
  const head = [
    'stage',
    'state',
    'tasks',
    'position',
    'lag',
    'lag s',
    'in',
    'windowed',
    'rejected',
    'late',
    'duplicate',
    'missed s',
    'ledger',
  ];
  const rows = stages.map((stage) => [
    stage.name,
    stage.state,
    String(stage.tasks),
    stage.position === undefined ? '–' : new Date(stage.position).toISOString().slice(0, 19),
    String(stage.lag_records),
    stage.lag_s.toFixed(1),
    String(stage.in),
    String(stage.windowed),
    String(stage.undecodable + stage.skewed),
    String(stage.late),
    String(stage.duplicate),
    String(stage.missed_seconds),
    ledgerGap(stage) !== 0 ? `OFF BY ${ledgerGap(stage)}` : stage.in === 0 ? '–' : 'adds up',
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
