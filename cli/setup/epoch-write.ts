import { DynoError } from '../../base/errors.ts';
import type { WriteRoute } from '../../overwatch/http/context.ts';
import type { ClickHouse } from '../../sinks/clickhouse/connection.ts';
import { chooseEpoch, type EpochChoice, epochChoices } from '../../sinks/clickhouse/current-epochs.ts';

/** What `epoch` sends to a running program: a choice to make, or nothing to make. */
export type EpochWrite = EpochChoice | Record<string, never>;

/** `POST /api/epochs` of a program that holds the embedded engine: makes a choice, if the body is one, and answers all of them, the newest first. */
export function epochWrite(clickHouse: ClickHouse): WriteRoute {
  return {
    path: 'epochs',
    summary: 'Makes an epoch current: {fromMs, toMs, epoch}; {} only lists. Answers every choice, the newest first.',
    run: (body) => chosen(clickHouse, body),
  };
}

/** Makes the choice that the body holds, if any; answers every choice, the newest first. */
export async function chosen(clickHouse: ClickHouse, body: unknown): Promise<readonly EpochChoice[]> {
  const choice = choiceOf(body);
  if (choice !== undefined) await chooseEpoch(clickHouse, choice);
  return epochChoices(clickHouse);
}

function choiceOf(body: unknown): EpochChoice | undefined {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Partial<Record<string, unknown>>;
  if (Object.keys(fields).length === 0) return undefined;
  const { fromMs, toMs, epoch } = fields;
  if (isWhole(fromMs) && isWhole(toMs) && isWhole(epoch) && epoch >= 1 && fromMs < toMs) return { fromMs, toMs, epoch };
  throw new DynoError(
    'DYNO_USAGE_BACKFILL',
    `the body ${JSON.stringify(body).slice(0, 200)} is not {"fromMs", "toMs", "epoch"} with fromMs before toMs and an epoch from 1; send whole numbers`,
  );
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
