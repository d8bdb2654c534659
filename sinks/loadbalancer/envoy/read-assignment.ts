import type { Weights } from '../../../schemas/weight-state.ts';
import { field, onlyOf, parsed, socketIn } from './fields.ts';
import { assignmentType, type EnvoyEndpoints } from './load-assignment.ts';

/**
 * The weights in the text of a `DiscoveryResponse`; undefined when it is not one of this cluster with exactly these
 * endpoints. Takes both names of a field that the JSON of Protocol Buffers has.
 */
export function weightsInAssignment(text: string, cluster: string, endpoints: EnvoyEndpoints): Weights | undefined {
  const assignment = onlyOf(field(parsed(text), 'resources'));
  if (field(assignment, '@type') !== assignmentType || field(assignment, 'cluster_name') !== cluster) return undefined;
  const listed = field(onlyOf(field(assignment, 'endpoints')), 'lb_endpoints');
  if (!Array.isArray(listed) || listed.length !== endpoints.size) return undefined;
  const found = new Map<string, number>();
  for (const entry of listed as unknown[]) {
    const weight = weightOf(entry);
    if (weight === undefined) return undefined;
    found.set(socketIn(field(field(entry, 'endpoint'), 'address')), weight);
  }
  const weights = new Map<string, number>();
  for (const [server, { address, port }] of endpoints) {
    const weight = found.get(`${address} ${port}`);
    if (weight === undefined) return undefined;
    weights.set(server, weight);
  }
  return weights;
}

/** In our scale; a number that was not made by `envoyWeightOf` comes as the fraction that it is. */
function weightOf(entry: unknown): number | undefined {
  const status = field(entry, 'health_status') ?? 'UNKNOWN';
  if (status === 'DRAINING') return 0;
  // Any other status takes requests away too, and nobody says so in weights.
  if (status !== 'UNKNOWN' && status !== 'HEALTHY') return undefined;
  const value = field(entry, 'load_balancing_weight');
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 ? value / 1_000 : undefined;
}
