import { DynoError } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { type CommandCall, defineCommand } from '../command.ts';

const actions = ['apply', 'check'] as const;
type Action = (typeof actions)[number];

interface Outcome {
  readonly topics: readonly string[];
  readonly differences: readonly string[];
  /** What was done, a sentence. */
  readonly says: string;
}

/** `dynoscope topics apply|check`: topics and schemas of the configured log. */
export const topics = defineCommand({
  name: 'topics',
  summary:
    'Creates the topics and registers their schemas (apply), or says what differs (check; exits 1 when it does).',
  configure: (command) =>
    command
      .argument('<action>', 'apply or check')
      .option('--data <dir>', 'data directory (default .dynoscope)')
      .option('--config <file>', 'settings file (default dynoscope.yaml, if there is one)')
      .option('--json', 'one JSON object on stdout'),
  example: 'dynoscope topics apply',
  run: async (call) => {
    const { settingsOfCall } = await import('../setup/settings-of-call.ts');
    const outcome = await outcomeOf(actionOf(call), settingsOfCall(call));
    const text = [...outcome.differences, outcome.says].join('\n');
    call.stdout.write(`${call.options['json'] === true ? JSON.stringify(outcome) : text}\n`);
    return outcome.differences.length === 0 ? 0 : 1;
  },
});

function actionOf(call: CommandCall): Action {
  const [word] = call.args;
  const action = actions.find((known) => known === word);
  if (action === undefined) {
    throw new DynoError(
      'DYNO_USAGE_COMMAND',
      `"${word}" is not what topics does; write "dynoscope topics apply" or "check"`,
    );
  }
  return action;
}

async function outcomeOf(action: Action, settings: Settings): Promise<Outcome> {
  const { holderOfEmbeddedParts } = await import('../setup/running-program.ts');
  const holder = await holderOfEmbeddedParts(settings);
  if (holder !== undefined) {
    const differences = await differencesSeenBy(holder);
    const found = differences.length === 0 ? 'all are as they should be' : `${differences.length} differences`;
    const says = `Process ${holder.pid} runs on ${settings.dataDir} and has applied topics and schemas at its start: ${found}.`;
    return { topics: [], differences, says };
  }
  return action === 'apply' ? apply(settings) : check(settings);
}

/** The running program checked the topics when it applied them; its status carries what differs. */
async function differencesSeenBy({ url }: { readonly url: string }): Promise<readonly string[]> {
  const answer = await fetch(new URL('/api/status', url), { signal: AbortSignal.timeout(5_000) });
  const { problems } = (await answer.json()) as { readonly problems: readonly string[] };
  return problems.filter((problem) => problem.startsWith('Topic '));
}

async function apply(settings: Settings): Promise<Outcome> {
  const { withLogAndRegistry } = await import('../setup/with-log-and-registry.ts');
  const { applyTopics } = await import('../setup/apply-topics.ts');
  const { partitions } = settings.log;
  const applied = await withLogAndRegistry(settings, (parts) => applyTopics({ ...parts, partitions }));
  const { topics: names, schemaIds, differences } = applied;
  return { topics: names, differences, says: `${names.length} topics and ${schemaIds.size} schemas are there.` };
}

async function check(settings: Settings): Promise<Outcome> {
  const { openLog } = await import('../../log/open-log.ts');
  const { topicSettings } = await import('../../schemas/topics.ts');
  const wanted = topicSettings({ partitions: settings.log.partitions });
  const log = await openLog(settings, { clientId: 'dynoscope-topics' });
  try {
    const differences = await log.checkTopics(wanted);
    const found = differences.length === 0 ? 'all as they should be' : `${differences.length} differences`;
    return { topics: wanted.map(({ name }) => name), differences, says: `${wanted.length} topics: ${found}.` };
  } finally {
    await log.close();
  }
}
