import type { LoadTestStep } from '../../schemas/load-test-records.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import type { LoadtestWrite, LoadtestWritten } from '../setup/loadtest-write.ts';

/** `dynoscope loadtest`: what live load tests do, and the words that stop them. */
export const loadtest = defineCommand({
  name: 'loadtest',
  summary:
    'Live load tests: status [TIER], start TIER, stop TIER, disturb TIER, kill, unkill (the kill switch needs no controller).',
  configure: (command) =>
    command
      .argument('<status|start|stop|disturb|kill|unkill>', 'what to do')
      .argument('[tier]', 'tier, as in loadtests.yaml')
      .option('--generation <name>', 'of start: hardware generation to test; default: what is due first')
      .option('--what <what>', 'of disturb: failover, deploy, balancer_reload or other (default failover)')
      .option('--scope <scope>', 'of kill and unkill: all, tier:NAME or pool:NAME', 'all')
      .option('--reason <words>', 'why; people will read it')
      .option('--data <dir>', 'data directory (default .dynoscope)')
      .option('--config <file>', 'settings file (default dynoscope.yaml, if there is one)')
      .option('--json', 'one JSON object a line on stdout'),
  example: 'dynoscope loadtest status',
  run: runCommand,
});

async function runCommand(call: CommandCall): Promise<number> {
  const { says, tiers } = await done(call, bodyOf(call));
  const json = call.options['json'] === true;
  if (says !== '') call.stdout.write(json ? `${JSON.stringify({ says })}\n` : `${says}\n`);
  for (const step of tiers) call.stdout.write(json ? `${JSON.stringify(step)}\n` : `${inWords(step)}\n`);
  if (says === '' && tiers.length === 0)
    call.stderr.write('No tier is steered: loadtests.yaml names none, or the stage loadtests does not run.\n');
  return 0;
}

function bodyOf({ args, options }: CommandCall): Partial<LoadtestWrite> & Readonly<Record<string, unknown>> {
  const [action, tier] = args;
  const { generation, what = 'failover', scope, reason } = options;
  const switches = action === 'kill' || action === 'unkill';
  return {
    action: action as LoadtestWrite['action'],
    by: process.env['USER'] ?? 'dynoscope-loadtest',
    ...(tier !== undefined && { tier }),
    ...(typeof generation === 'string' && { generation }),
    ...(action === 'disturb' && typeof what === 'string' && { what }),
    ...(typeof reason === 'string' && { reason }),
    // A tier named after kill is meant as the scope.
    ...(switches && typeof scope === 'string' && { scope: tier === undefined ? scope : `tier:${tier}` }),
  };
}

async function done(call: CommandCall, body: object): Promise<LoadtestWritten> {
  const { settingsOfCall } = await import('../setup/settings-of-call.ts');
  const settings = settingsOfCall(call);
  const { holderOfEmbeddedParts, writeThrough } = await import('../setup/running-program.ts');
  const holder = await holderOfEmbeddedParts(settings);
  if (holder !== undefined) {
    const request = { path: 'loadtest', body, who: process.env['USER'] ?? 'dynoscope-loadtest', signal: call.signal };
    return (await writeThrough(holder, request)) as LoadtestWritten;
  }
  const { withLogAndRegistry } = await import('../setup/with-log-and-registry.ts');
  const { applyTopics } = await import('../setup/apply-topics.ts');
  const { loadtestDone } = await import('../setup/loadtest-write.ts');
  const { systemClock } = await import('../../base/clock.ts');
  return withLogAndRegistry(settings, async (parts) => {
    await applyTopics({ ...parts, partitions: settings.log.partitions });
    return loadtestDone({ ...parts, clock: systemClock }, body);
  });
}

function inWords(step: LoadTestStep): string {
  const { tier, phase, reason, rail, timeMs, contentionMs, factor, lambda100, lo, hi } = step;
  const parts = [
    contentionMs === undefined ? '' : `contention ${contentionMs.toFixed(0)} ms`,
    factor === undefined || factor === 1 ? '' : `weights × ${factor.toFixed(2)}`,
    lambda100 === undefined ? '' : `λ100 ${lambda100.toFixed(1)} (${lo!.toFixed(1)} to ${hi!.toFixed(1)}) hits/s`,
  ].filter((part) => part !== '');
  const facts = parts.length === 0 ? '' : `; ${parts.join(', ')}`;
  return `${tier}: ${phase}, ${reason}${rail === undefined ? '' : ` [${rail}]`}${facts} (${new Date(timeMs).toISOString()})`;
}
