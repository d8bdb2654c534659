import type { CommandSpec } from '../command.ts';
import { agent } from './agent.ts';
import { balancer } from './balancer.ts';
import { epoch } from './epoch.ts';
import { loadtest } from './loadtest.ts';
import { migrate } from './migrate.ts';
import { query } from './query.ts';
import { replay } from './replay.ts';
import { run } from './run.ts';
import { simulate } from './simulate.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { topics } from './topics.ts';
import { topology } from './topology.ts';

/** Every command, in the order of `--help`. */
export const commandSpecs: readonly CommandSpec[] = [
  start,
  agent,
  run,
  topics,
  topology,
  migrate,
  epoch,
  loadtest,
  balancer,
  simulate,
  replay,
  query,
  status,
];
