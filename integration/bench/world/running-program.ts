import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../../program/program.ts';

/** `dynoscope start` with its simulated fleet, everything embedded, ready to be asked. */
export interface RunningProgram {
  readonly pid: number;
  /** From the start of the process to its line `ready`. */
  readonly readyMs: number;
  readonly startedAtMs: number;
  readonly url: string;
  get(path: string): Promise<unknown>;
  text(path: string): Promise<string>;
  /** Rows of a read-only query. */
  query(sql: string): Promise<readonly (readonly unknown[])[]>;
  stop(): Promise<void>;
}

export async function startProgram(hosts: number): Promise<RunningProgram> {
  const dataDir = mkdtempSync(join(tmpdir(), 'dynoscope-bench-'));
  const startedAtMs = performance.now();
  const args = ['start', '--json', '--port', '0', '--data', dataDir, '--hosts', String(hosts)];
  const program = new Program({ args, env: { KAFKA_BROKERS: '', CLICKHOUSE_URL: '', SCHEMA_REGISTRY_URL: '' } });
  const ready = await program.event(({ event }) => event === 'ready');
  const readyMs = performance.now() - startedAtMs;
  const url = String(ready['url']).replace(/\/$/, '');
  const text = async (path: string): Promise<string> => {
    const answer = await fetch(`${url}${path}`);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.text();
  };
  const get = async (path: string): Promise<unknown> => JSON.parse(await text(path));
  return {
    pid: program.pid,
    readyMs,
    startedAtMs,
    url,
    get,
    text,
    query: async (sql) => {
      const answer = await get(`/api/query?format=JSONCompact&sql=${encodeURIComponent(sql)}`);
      return (answer as { data: readonly (readonly unknown[])[] }).data;
    },
    stop: async () => {
      await program.signal('SIGINT');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
