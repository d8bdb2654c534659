import type { ControllerState } from './controller-state.ts';
import type { RailFinding } from './decisions.ts';

/** So many are named. */
const namedMax = 3;

/**
 * Weight 0 is an operator's word: no command has it for a server that had another, and no adapter takes it away. A test
 * ends at once, whatever the balancer answers to commands meanwhile. It is not tried again in a minute; but
 * maintenance that goes through a pool is no sign of harm, after which each rest is twice as long.
 */
export function drainedServer({ run, command, observed }: ControllerState): RailFinding | undefined {
  if (run === undefined || observed === undefined) return undefined;
  const { pool, safeWeights } = run.request;
  const weights = new Map([...safeWeights, ...(command?.weights ?? [])].map(({ server, weight }) => [server, weight]));
  const drained = observed.flatMap(({ server, weight }) => (weight === 0 && weights.get(server) ? [server] : []));
  if (drained.length === 0) return undefined;
  const more = drained.length - namedMax;
  const names = `${drained.slice(0, namedMax).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const reason = `somebody drained ${names} of ${pool} during the test: weight 0`;
  return { rail: 'readback', verdict: 'abort', cause: 'operator', reason };
}
