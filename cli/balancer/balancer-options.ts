import { mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import { defaultRails } from '../../sinks/loadbalancer/rails.ts';
import { unwritable } from '../output-file.ts';
import { type BalancerChoice, balancerChoiceIn } from './balancer-choice.ts';
import { driverOf } from './driver-of.ts';
import { type SafeWeightFlag, safeWeightIn } from './safe-weight-flag.ts';
import { wrongUse } from './wrong-use.ts';

/** What the parent tells its child; plain JSON. Secrets are not in it: the child reads the settings itself. */
export interface BalancerOptions {
  readonly name: string;
  readonly balancer: BalancerChoice;
  readonly pool: string;
  readonly tier: string;
  /** Until a command names others; undefined = the balancer's configuration says it, else what stands there. */
  readonly safeWeight: SafeWeightFlag | undefined;
  readonly largestShareRatio: number;
  readonly killFile: string;
  readonly stateFile: string;
  readonly config: string | undefined;
  /** Every report is a JSON line on stdout. */
  readonly json: boolean;
}

type Flags = Readonly<Record<string, unknown>>;

/** Checks everything that can be checked without the balancer and the log; throws DYNO_USAGE_BALANCER, a sentence each. */
export function balancerOptionsIn(flags: Flags, settings: Settings, name: string): BalancerOptions {
  const text = (flag: string): string | undefined => {
    const given = flags[flag];
    return typeof given === 'string' && given.trim() !== '' ? given : undefined;
  };
  const needed = (flag: string): string => {
    const given = text(flag);
    if (given === undefined) throw wrongUse(`--${flag} is empty`);
    return given;
  };
  const [pool, tier] = [needed('pool'), needed('tier')];
  const safeWeight = safeWeightIn(text('safeWeight'));
  // Commander names the value of `--envoy-admin` `envoyAdmin`.
  const choice = balancerChoiceIn(
    (flag) => text(flag.replaceAll(/-(\w)/g, (_, at: string) => at.toUpperCase())),
    safeWeight,
  );
  try {
    driverOf(choice);
  } catch (error) {
    throw wrongUse(messageOf(error), error);
  }
  const besides = join(settings.dataDir, 'balancer', encodeURIComponent(pool));
  const checked = {
    name,
    balancer: choice,
    pool,
    tier,
    safeWeight,
    largestShareRatio: largestShareIn(text('largestShare')) ?? defaultRails.largestShareRatio,
    killFile: resolve(text('killFile') ?? `${besides}.kill`),
    stateFile: resolve(text('state') ?? `${besides}.state`),
    config: text('config'),
    json: flags['json'] === true,
  };
  // Last: who tries flags out before Kafka is set up hears of the flags.
  refuseEmbedded(settings);
  return checked;
}

/** Folders of the state and of the kill file, so that `touch` is enough to engage it. Throws DYNO_CLI_FILE_UNWRITABLE. */
export function makeFolders({ stateFile, killFile }: BalancerOptions): void {
  for (const file of [stateFile, killFile]) {
    try {
      mkdirSync(dirname(file), { recursive: true });
    } catch (error) {
      throw unwritable(file, error);
    }
  }
}

/** A kill file that cannot be looked at counts as there: what is not known must not raise weights. */
export function killFileThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

function largestShareIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = Number(text);
  if (share >= 0.001 && share <= 1) return share;
  throw wrongUse(`--largest-share is "${text}", expected a number from 0.001 to 1`);
}

/** An embedded log belongs to one process: this is another, and often on another machine. */
function refuseEmbedded({ log, registry }: Settings): void {
  const missing: string[] = [];
  if (log.kafkaBrokers.length === 0) missing.push('the log is embedded (set KAFKA_BROKERS)');
  if (registry.url === undefined) missing.push('the schema registry is embedded (set SCHEMA_REGISTRY_URL)');
  if (missing.length > 0)
    throw wrongUse(`"balancer" needs a log that several processes share, but ${missing.join('; ')}`);
}
