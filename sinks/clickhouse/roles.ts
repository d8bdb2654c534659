import type { ClickHouseSettings } from '@clickhouse/client';

/** `sink` inserts and migrates, `api` answers Overwatch's own questions, `readonly` runs SQL that people wrote. */
export type Role = 'sink' | 'api' | 'readonly';

/** How long a call of a role may take before its connection is given up. */
export const timeoutMsOf: Readonly<Record<Role, number>> = { sink: 60_000, api: 15_000, readonly: 33_000 };

const readOnlyLimits: ClickHouseSettings = {
  max_result_rows: '1000000',
  max_result_bytes: '200000000',
  result_overflow_mode: 'throw',
  max_memory_usage: '1000000000',
};

/**
 * What a role's connection is set to when it opens (embedded) or sends with each call (server). The engine's own time
 * limit lies below the caller's: the engine stops by itself before the connection is given up.
 */
export function settingsOf(role: Role, embedded: boolean): ClickHouseSettings {
  // Two threads at most in this process: sampling, windows and pages need the cores too.
  const threads: ClickHouseSettings = embedded ? { max_threads: 2 } : {};
  if (role === 'sink') {
    return {
      async_insert: 0,
      max_insert_threads: '1',
      input_format_parallel_parsing: 0,
      max_execution_time: 55,
      ...(embedded ? { max_threads: 1 } : {}),
    };
  }
  if (role === 'api') return { max_execution_time: 12, ...threads };
  // On a server the account decides; 2 = read only, but settings may travel with the query.
  const memory: ClickHouseSettings = embedded ? { max_memory_usage: '300000000' } : {};
  return { max_execution_time: 30, ...readOnlyLimits, ...memory, ...threads, readonly: embedded ? '1' : '2' };
}
