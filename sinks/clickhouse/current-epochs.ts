import { ask, command } from './ask.ts';
import type { ClickHouse } from './connection.ts';

/** For windows that end after `fromMs` and by `toMs` the rows of this epoch are the ones to look at. */
export interface EpochChoice {
  readonly fromMs: number;
  readonly toMs: number;
  readonly epoch: number;
}

/** First and last moment of a DateTime: a choice for all times. */
export const allTimes = { fromMs: 0, toMs: 4_294_967_295_000 } as const;

/** True of rows (columns `time`, `epoch`) whose epoch is the one that was chosen last for their time; without a choice, of all. */
export const isCurrentSql = `tupleElement(arrayFirst(c -> time > c.1 AND time <= c.2, (
    SELECT groupArray((from_time, to_time, epoch))
    FROM (SELECT from_time, to_time, epoch FROM dynoscope.current_epochs ORDER BY chosen_at DESC))), 3) IN (0, epoch)`;

/** Makes an epoch current for a span of time. The views show it from the next query on. */
export async function chooseEpoch(clickHouse: ClickHouse, { fromMs, toMs, epoch }: EpochChoice): Promise<void> {
  const seconds = (ms: number): number => Math.floor(ms / 1_000);
  await command(
    clickHouse,
    `INSERT INTO dynoscope.current_epochs (from_time, to_time, epoch) VALUES (${seconds(fromMs)}, ${seconds(toMs)}, ${Math.floor(epoch)})`,
  );
}

/** Every choice, the newest first. */
export async function epochChoices(clickHouse: ClickHouse): Promise<readonly EpochChoice[]> {
  const rows = await ask(clickHouse, {
    sql: `SELECT toUnixTimestamp(from_time) AS from_s, toUnixTimestamp(to_time) AS to_s, epoch
FROM dynoscope.current_epochs ORDER BY chosen_at DESC`,
  });
  return rows.map((row) => ({
    fromMs: Number(row['from_s']) * 1_000,
    toMs: Number(row['to_s']) * 1_000,
    epoch: Number(row['epoch']),
  }));
}
