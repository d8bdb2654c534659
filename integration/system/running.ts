import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { StageReport, StatusReport } from '../../overwatch/status-report.ts';
import { Program, type ProgramOptions } from '../program/program.ts';

export type Row = Readonly<Record<string, unknown>>;

/** `dynoscope start` that has said `ready`. */
export interface Running {
  readonly program: Program;
  readonly url: string;
  readonly registryUrl: string;
  /** From its spawning to its `ready`. */
  readonly readyMs: number;
  /** Rows of read-only SQL through `/api/query`. */
  ask(sql: string): Promise<readonly Row[]>;
  status(): Promise<StatusReport>;
}

type CleanUp = () => unknown;
const cleanUps = new WeakMap<TestContext, CleanUp[]>();

/** Done at the end of the test, what came last first, each whatever becomes of the others: programs end before their folders. */
export function atEnd(t: TestContext, cleanUp: CleanUp): void {
  const known = cleanUps.get(t);
  if (known !== undefined) {
    known.push(cleanUp);
    return;
  }
  const all = [cleanUp];
  cleanUps.set(t, all);
  t.after(async () => {
    const faults: unknown[] = [];
    for (const each of all.reverse()) {
      try {
        await each();
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, 'the test could not clean up');
  });
}

/** A folder of the test's own, removed with it. */
export function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dynoscope-system-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Starts the program on a free port and waits until it is ready; the test's end kills what is left of it. */
export async function startRunning(t: TestContext, { args, env, cwd }: ProgramOptions): Promise<Running> {
  const startedMs = performance.now();
  const program = new Program({
    args: ['start', '--json', '--port', '0', ...args],
    ...(env !== undefined && { env }),
    ...(cwd !== undefined && { cwd }),
  });
  atEnd(t, async () => {
    if (program.running) await program.signal('SIGKILL');
  });
  const ready = await program.event(({ event }) => event === 'ready');
  const url = String(ready['url']);
  return {
    program,
    url,
    registryUrl: String(ready['registryUrl']),
    readyMs: performance.now() - startedMs,
    ask: (sql) => rowsOf(url, sql),
    status: async () => (await (await fetch(`${url}/api/status`)).json()) as StatusReport,
  };
}

async function rowsOf(url: string, sql: string): Promise<readonly Row[]> {
  const answer = await fetch(`${url}/api/query?format=JSONEachRow&sql=${encodeURIComponent(sql)}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${sql}: ${answer.status} ${text}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** The first answer that is not undefined; an attempt that throws is made again. Rejects with the last fault in time. */
export async function until<T>(what: string, withinMs: number, attempt: () => Promise<T | undefined>): Promise<T> {
  const untilMs = performance.now() + withinMs;
  let fault: unknown;
  for (;;) {
    try {
      const answer = await attempt();
      if (answer !== undefined) return answer;
      fault = undefined;
    } catch (error) {
      fault = error;
    }
    if (performance.now() > untilMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`, { cause: fault });
    await delay(500);
  }
}

export function stageOf(report: StatusReport, name: string): StageReport {
  const stage = report.stages.find((each) => each.name === name);
  if (stage === undefined) throw new Error(`the status names no stage ${name}`);
  return stage;
}
