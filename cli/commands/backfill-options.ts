import { DynoError } from '../../base/errors.ts';
import type { Settings } from '../../base/settings/settings.ts';
import type { StageName } from '../stage-names.ts';

export interface WantedBackfill {
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly epoch: number;
}

const hourMs = 3_600_000;
const tenSecondsMs = 10_000;

/** `--from`, `--to` and `--epoch` of `dynoscope run`; undefined without any of them. Throws DYNO_USAGE_BACKFILL. */
export function backfillIn(
  options: Readonly<Record<string, unknown>>,
  names: readonly StageName[],
  settings: Pick<Settings, 'epoch'>,
): WantedBackfill | undefined {
  const { from, to, epoch } = options;
  if (from === undefined && to === undefined && epoch === undefined) return undefined;
  if (typeof from !== 'string' || typeof to !== 'string' || typeof epoch !== 'string')
    throw usage('--from, --to and --epoch belong together');
  if (names.includes('instantdyno'))
    throw usage('the stage instantdyno looks back an hour over live seconds: it takes no range');
  if (names.includes('loadtests')) throw usage('the stage loadtests steers live traffic: it takes no range');
  if (names.includes('raw')) throw usage('the stage raw writes records as they are: there is nothing to compute again');
  if (options['workers'] !== '1') throw usage('a backfill is one process; leave --workers away');
  const epochNumber = Number(epoch);
  if (!Number.isInteger(epochNumber) || epochNumber < 1 || epochNumber > 4_294_967_295)
    throw usage(`--epoch ${epoch} is no whole number from 1 on`);
  if (epochNumber === settings.epoch) throw usage(`--epoch ${epoch} is the live epoch of the settings; take another`);
  // From a whole hour: windows of an hour and of a minute must not be made from a part of it.
  const fromMs = Math.floor(timeIn('--from', from) / hourMs) * hourMs;
  const toMs = Math.ceil(timeIn('--to', to) / tenSecondsMs) * tenSecondsMs;
  if (fromMs >= toMs) throw usage(`--from ${from} is not before --to ${to}`);
  return { range: { fromMs, toMs }, epoch: epochNumber };
}

/** A moment in ISO 8601; without a zone it is UTC, as everything here. */
export function timeIn(option: string, text: string): number {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes('T') ? text : `${text}Z`;
  const ms = Date.parse(zoned);
  if (Number.isNaN(ms)) throw usage(`${option} is "${text}", expected a moment such as 2026-11-23T10:00:00Z`);
  return ms;
}

const usage = (message: string): DynoError => new DynoError('DYNO_USAGE_BACKFILL', message);
