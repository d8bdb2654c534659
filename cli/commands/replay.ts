import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { DynoError } from '../../base/errors.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { parseOverride } from '../../base/settings/written-settings.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { isClosedPipe, unwritable } from '../output-file.ts';

/** `dynoscope replay`: recorded counters through the graphs of the real stages, results as NDJSON. */
export const replay = defineCommand({
  name: 'replay',
  summary: 'Runs recorded counters (NDJSON) through the real stages at full speed; results as NDJSON.',
  configure: (command) =>
    command
      .argument('<file>', 'a recording as "simulate --out FILE" writes it; - reads stdin')
      .option('--topology <file>', 'inventory of the hosts (YAML or CSV); without it their tier is "unassigned"')
      .option('--windows <file>', '10-s windows of every host; - is stdout')
      .option('--correlations <file>', 'correlations of metric pairs by tier and generation; - is stdout')
      .option('--set <key=value>', 'a setting, as in dynoscope.yaml; may be given again', collect, []),
  example: 'dynoscope replay docs/examples/recording.ndjson --windows -',
  run: async (call) => {
    const [file] = call.args;
    const overrides = Object.fromEntries((call.options['set'] as readonly string[]).map(parseOverride));
    const settings = loadSettings({ cwd: process.cwd(), env: process.env, overrides });
    const windows = outputOf(call, 'windows');
    const correlations = outputOf(call, 'correlations');
    if (file === undefined || (windows === undefined && correlations === undefined))
      throw new DynoError(
        'DYNO_USAGE_REPLAY',
        'nothing is asked for; name where results go, such as --windows - or --correlations -',
      );
    const { runReplay } = await import('../replay/run-replay.ts');
    const topologyFile = typeof call.options['topology'] === 'string' ? call.options['topology'] : undefined;
    const say = (sentence: string): void => {
      call.stderr.write(`dynoscope: ${sentence}\n`);
    };
    const replayed = await runReplay({
      file,
      topologyFile,
      settings,
      windows: windows?.write,
      correlations: correlations?.write,
      say,
      signal: call.signal,
    });
    await windows?.close();
    await correlations?.close();
    say(inWords(replayed.lines, replayed.unusable, replayed.ledger));
    return replayed.unusable === 0 ? 0 : 1;
  },
});

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

interface Output {
  readonly write: (lines: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Lines to the file that the option names, no faster than it takes them. */
function outputOf(call: CommandCall, option: string): Output | undefined {
  const file = call.options[option];
  if (typeof file !== 'string') return undefined;
  const out: NodeJS.WritableStream = file === '-' ? call.stdout : createWriteStream(file);
  let failure: unknown;
  out.on('error', (error) => {
    failure ??= error;
  });
  const check = (): void => {
    if (failure !== undefined && !isClosedPipe(failure)) throw unwritable(file, failure);
  };
  return {
    write: async (lines) => {
      check();
      // A reader that has had enough (`| head`) gets no more; the replay still says how it went.
      if (failure !== undefined) return;
      if (!out.write(`${lines.join('\n')}\n`)) await hasRoom(out);
      check();
    },
    close: async () => {
      if (file !== '-' && failure === undefined) {
        out.end();
        await finished(out).catch((error) => {
          failure = error;
        });
      }
      check();
    },
  };
}

/** Resolves when more may be written, or never will be. */
function hasRoom(out: NodeJS.WritableStream): Promise<void> {
  const events = ['drain', 'close', 'error'] as const;
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) out.removeListener(event, done);
      resolve();
    };
    for (const event of events) out.on(event, done);
  });
}

function inWords(lines: number, unusable: number, ledger: Readonly<Record<string, number>>): string {
  const { windowed = 0, undecodable = 0, skewed = 0, late = 0, duplicate = 0 } = ledger;
  const left = undecodable + skewed + late;
  return (
    `${lines} lines, ${unusable} unusable; ${windowed} samples in windows, ${duplicate} a second time in the same second, ` +
    `${late} too late for their window${left > late ? `, ${left - late} undecodable` : ''}.`
  );
}
