import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Measured } from '../measured-child.ts';
import type { Cluster } from './cluster.ts';

interface WorkerState {
  readonly tasks: number;
  readonly count: number;
  readonly cpuS: number;
}

export interface GroupWork {
  readonly workers: number;
  readonly epoch: number;
  readonly records: number;
  /** Measured from here on, once every worker has tasks. */
  readonly warmRecords: number;
}

const pollMs = 20;
const withinMs = 300_000;

/** So many processes in one group read the topic to its end; CPU time is the sum over them. */
export async function runWorkerGroup(cluster: Cluster, work: GroupWork): Promise<Measured> {
  const workers = Array.from({ length: work.workers }, () => new GroupWorker(cluster, work.epoch));
  const deadlineMs = performance.now() + withinMs;
  const until = async (holds: (total: WorkerState) => boolean): Promise<WorkerState & { atMs: number }> => {
    for (;;) {
      const total = sumOf(workers.map(({ state }) => state));
      if (holds(total)) return { ...total, atMs: performance.now() };
      const ended = workers.find(({ running }) => !running);
      if (ended !== undefined) throw new Error(`a worker ended by itself; it said:\n${ended.talk}`);
      if (performance.now() > deadlineMs)
        throw new Error(`${work.workers} workers took in ${total.count} records only`);
      await wait(pollMs);
    }
  };
  try {
    const everyoneWorks = () => workers.every(({ state }) => state.tasks > 0 && state.count > 0);
    const from = await until(({ count }) => count >= work.warmRecords && everyoneWorks());
    const to = await until(({ count }) => count >= work.records);
    const [count, cpuS, wallS] = [to.count - from.count, to.cpuS - from.cpuS, (to.atMs - from.atMs) / 1_000];
    return { count, cpuS, wallS };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

class GroupWorker {
  state: WorkerState = { tasks: 0, count: 0, cpuS: 0 };
  talk = '';
  readonly #child: ChildProcess;

  constructor(cluster: Cluster, epoch: number) {
    const file = fileURLToPath(new URL('../children/windows-worker.js', import.meta.url));
    this.#child = spawn(process.execPath, [file, JSON.stringify({ epoch, dataDir: cluster.folder })], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DYNO_LOG_LEVEL: 'error', ...cluster.env },
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.state = JSON.parse(line) as WorkerState;
    });
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.talk = (this.talk + text.toString()).slice(-10_000);
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}

/** Records that a task took over with its state are counted by its present owner alone. */
const sumOf = (states: readonly WorkerState[]): WorkerState => ({
  tasks: states.reduce((sum, { tasks }) => sum + tasks, 0),
  count: states.reduce((sum, { count }) => sum + count, 0),
  cpuS: states.reduce((sum, { cpuS }) => sum + cpuS, 0),
});
