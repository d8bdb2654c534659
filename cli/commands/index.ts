import type { CommandSpec } from '../command.ts';

/** Every command, in the order of `--help`. */
export const commandSpecs: readonly CommandSpec[] = [];
