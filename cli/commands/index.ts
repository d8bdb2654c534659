import type { CommandSpec } from '../command.ts';
import { agent } from './agent.ts';
import { simulate } from './simulate.ts';
import { status } from './status.ts';

/** Every command, in the order of `--help`. */
export const commandSpecs: readonly CommandSpec[] = [agent, simulate, status];
