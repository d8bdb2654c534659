import type { Settings } from '../../base/settings/settings.ts';
import type { LoadTestStep } from '../../schemas/load-test-records.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import type { LoadtestWrite } from '../setup/loadtest-request.ts';
import type { LoadtestWritten } from '../setup/loadtest-write.ts';
import { killWithoutLog, unheardWords } from '../setup/unheard-request.ts';

const actionsHelp = `
What to do:
  status [TIER]    the newest decision of each tier, or of one, and why
  start TIER       a test now, of what is due first or of --generation; it waits for rests and bakes, an hour at most
  stop TIER        ends the running test and holds the next one for 30 minutes, over a restart of the controller too; start
                   ends that. Weights between tests go on. For good: enabled: false in loadtests.yaml, which is read when
                   the stage loadtests starts; weights between tests end with it
  disturb TIER     tells of a failover, deploy or reload: ends the running test, holds the next one for bake_minutes
  kill, unkill     the kill switch of --scope; it needs no controller, and beside each balancer there is a file for it too.
                   Balancers take the safe weights that their adapters keep. With steady_weights: by_capacity these are
                   the last weights between tests, not those of loadtests.yaml`;

/** `dynoscope loadtest`: what live load tests do, and the words that stop them. */
export const loadtest = defineCommand({
  name: 'loadtest',
  summary:
    'Live load tests: status [TIER], start TIER, stop TIER, disturb TIER, kill, unkill (the kill switch needs no controller).',
  configure: (command) =>
    command
      .argument('<status|start|stop|disturb|kill|unkill>', 'see below')
      .argument('[tier]', 'tier, as in loadtests.yaml')
      .option('--generation <name>', 'of start: hardware generation to test; default: what is due first')
      .option('--what <what>', 'of disturb: failover, deploy, balancer_reload or other (default failover)')
      .option(
        '--scope <scope>',
        'of kill and unkill: all, tier:NAME or pool:NAME (default all, or the tier where one is named)',
      )
      .option('--reason <words>', 'why; people will read it')
      .option('--data <dir>', 'data directory (default .dynoscope)')
      .option('--config <file>', 'settings file (default dynoscope.yaml, if there is one)')
      .option('--json', 'one JSON object a line on stdout')
      .addHelpText('after', actionsHelp),
  example: 'dynoscope loadtest status',
  run: runCommand,
});

async function runCommand(call: CommandCall): Promise<number> {
  const body = await bodyOf(call);
  const { says, tiers, unheard } = await doneOrTold(call, body);
  if (unheard !== undefined) {
    call.stderr.write(unheard);
    if (body.action === 'kill') call.stderr.write(killWithoutLog);
    return 1;
  }
  const json = call.options['json'] === true;
  if (says !== '') call.stdout.write(json ? `${JSON.stringify({ says })}\n` : `${says}\n`);
  for (const step of tiers) call.stdout.write(json ? `${JSON.stringify(step)}\n` : `${inWords(step)}\n`);
  if (says === '' && tiers.length === 0) call.stderr.write(noTier(body));
  return 0;
}

const noTier = ({ tier }: LoadtestWrite): string =>
  tier === undefined
    ? 'No tier is steered: loadtests.yaml names none, or the stage loadtests does not run.\n'
    : `Nothing is known of tier "${tier}": loadtests.yaml does not name it, or the stage loadtests does not run.\n`;

/** Checked before anything is opened; throws DYNO_USAGE_LOADTEST. */
async function bodyOf({ args, options }: CommandCall): Promise<LoadtestWrite> {
  const { loadtestRequestIn } = await import('../setup/loadtest-request.ts');
  const [action, tier] = args;
  const { generation, what = action === 'disturb' ? 'failover' : undefined, scope, reason } = options;
  return loadtestRequestIn({ action, tier, generation, what, scope, reason, by: user() });
}

const user = (): string => process.env['USER'] ?? 'dynoscope-loadtest';

/** `unheard`: why nobody acts on it. */
type Done = LoadtestWritten & { readonly unheard?: string | undefined };

/** Whatever fails: who wanted to stop everything is told of the second way. */
async function doneOrTold(call: CommandCall, body: LoadtestWrite): Promise<Done> {
  try {
    return await done(call, body);
  } catch (error) {
    if (body.action === 'kill') call.stderr.write(killWithoutLog);
    throw error;
  }
}

async function done(call: CommandCall, body: LoadtestWrite): Promise<Done> {
  const { settingsOfCall } = await import('../setup/settings-of-call.ts');
  const settings = settingsOfCall(call);
  const { holderOfEmbeddedParts, writeThrough } = await import('../setup/running-program.ts');
  const holder = await holderOfEmbeddedParts(settings);
  if (holder !== undefined) {
    const request = { path: 'loadtest', body, who: user(), signal: call.signal };
    return (await writeThrough(holder, request)) as LoadtestWritten;
  }
  return doneByItself(settings, body);
}

/** Where no program runs here that holds a part of the log: mostly a shared one. */
async function doneByItself(settings: Settings, body: LoadtestWrite): Promise<Done> {
  const isAlone = settings.log.kafkaBrokers.length === 0;
  const { existsSync } = await import('node:fs');
  // Who only looks leaves no data directory behind.
  if (isAlone && body.action === 'status' && !existsSync(settings.dataDir)) return { says: '', tiers: [] };
  const unheard = isAlone && body.action !== 'status' ? unheardWords(body, settings.dataDir) : undefined;
  const { withLogAndRegistry } = await import('../setup/with-log-and-registry.ts');
  const { applyTopics } = await import('../setup/apply-topics.ts');
  const { loadtestDone } = await import('../setup/loadtest-write.ts');
  const { steeredTiersIn } = await import('../setup/steered-tiers.ts');
  const steeredTiers = steeredTiersIn(settings.loadTestsFile);
  const { systemClock } = await import('../../base/clock.ts');
  const written = await withLogAndRegistry(settings, async (parts) => {
    await applyTopics({ ...parts, partitions: settings.log.partitions });
    return loadtestDone({ ...parts, clock: systemClock, steeredTiers }, body);
  });
  return { ...written, unheard };
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
