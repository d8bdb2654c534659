import { inWords, inWorkers, type WorldJob } from '../simulation/in-workers.ts';
import { scenarioJobs } from '../simulation/run-job.ts';

/** Runs worlds until one fails; says which on stdout, or `none failed`. A program of its own: its build may be changed. */
const chance: WorldJob[] = Array.from({ length: 200 }, (_, i) => ({ seed: i + 1 }));
const short = new Set(['idlePartitions', 'backlogIsNotTicked', 'tokensForgotten', 'frozenSinkWakes']);
const jobs = [...scenarioJobs(1).filter(({ scenario }) => short.has(scenario ?? '')), ...chance];
const given = JSON.parse(process.argv[2] ?? '{}') as { readonly first?: number; readonly worlds?: readonly WorldJob[] };
const wanted = given.worlds ?? jobs.slice(0, given.first);
const [failure] = await inWorkers({ jobs: wanted, failuresMax: 1 });
process.stdout.write(failure === undefined ? 'none failed\n' : `${inWords(failure).slice(0, 300)}\n`);
