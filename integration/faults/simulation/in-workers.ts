import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** One world to run: by its seed alone, with crashes at a point, or one in which a certain thing happens. */
export interface WorldJob {
  readonly seed: number;
  /** A tier that is steered, instead of a fleet that is measured. */
  readonly loadtests?: true;
  readonly scenario?: string;
  readonly kill?: { readonly point: string; readonly stage: string };
}

export interface WorldFailure {
  readonly job: WorldJob;
  readonly message: string;
}

export interface InWorkersOptions {
  readonly jobs: readonly WorldJob[];
  readonly onDone?: (done: number) => void;
  /** No new world is begun after so many failures. */
  readonly failuresMax?: number;
}

const workersMax = 4;

/** Runs worlds on all cores, each in one thread; answers those that failed. Their log lines are left out. */
export async function inWorkers({
  jobs,
  onDone = () => {},
  failuresMax = 3,
}: InWorkersOptions): Promise<readonly WorldFailure[]> {
  const failures: WorldFailure[] = [];
  let next = 0;
  let done = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./world-worker.js', import.meta.url), {
        env: { ...process.env, DYNO_LOG_LEVEL: process.env['DYNO_LOG_LEVEL'] ?? 'silent' },
      });
      const giveNext = (): void => {
        const job = failures.length >= failuresMax ? undefined : jobs[next++];
        if (job === undefined) void worker.terminate().then(() => resolve());
        else worker.postMessage(job);
      };
      worker.on('message', (failure: WorldFailure | undefined) => {
        if (failure !== undefined) failures.push(failure);
        onDone(++done);
        giveNext();
      });
      worker.on('error', reject);
      giveNext();
    });
  const workers = Math.min(workersMax, availableParallelism(), jobs.length);
  await Promise.all(Array.from({ length: workers }, work));
  return failures;
}

/** How to see a failing world again. */
export const inWords = ({ job: { seed, loadtests, kill, scenario }, message }: WorldFailure): string => {
  const point = kill === undefined ? '' : ` --point ${kill.point} --stage ${kill.stage}`;
  const what = scenario === undefined ? point : ` --scenario ${scenario}`;
  const where = loadtests ? ` --loadtests${what}` : what;
  return `seed ${seed}${where} (again: npm run test:faults -- --seed ${seed}${where}): ${message}`;
};
