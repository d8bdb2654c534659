import { DynoError } from '../../../base/errors.ts';
import type { Weights } from '../../../schemas/weight-state.ts';

/** Where a server of the pool listens, as Envoy is told. */
export interface EnvoyEndpoint {
  readonly address: string;
  readonly port: number;
}

/** By server name. */
export type EnvoyEndpoints = ReadonlyMap<string, EnvoyEndpoint>;

export interface AssignmentOptions {
  readonly cluster: string;
  readonly endpoints: EnvoyEndpoints;
  /** `epoch.seq` of the command. */
  readonly version: string;
  /**
   * Only for a management server that sends the assignment again and again: Envoy calls every endpoint of an older one
   * unhealthy, and a pool without healthy endpoints is in panic mode.
   */
  readonly stale?: { readonly afterMs: number; readonly adapterTtlMs: number };
}

/** Part of `envoy.config.endpoint.v3.LbEndpoint`. */
export interface LbEndpoint {
  readonly endpoint: {
    readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
  };
  readonly health_status?: string;
  /** A `UInt32Value`, which the JSON of Protocol Buffers writes as a bare number, never `{"value": 1}`. */
  readonly load_balancing_weight: number;
}

/** `envoy.config.endpoint.v3.ClusterLoadAssignment`, one locality. */
export interface ClusterLoadAssignment {
  readonly '@type': typeof assignmentType;
  readonly cluster_name: string;
  readonly endpoints: readonly [{ readonly lb_endpoints: readonly LbEndpoint[] }];
  readonly policy?: { readonly endpoint_stale_after: string };
}

/** `envoy.service.discovery.v3.DiscoveryResponse`. */
export interface DiscoveryResponse {
  readonly version_info: string;
  readonly resources: readonly [ClusterLoadAssignment];
}

export const assignmentType = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';
/** Room below a weight of 1: Envoy has no weight 0. */
export const envoyWeightOf = (weight: number): number => Math.max(1, weight * 1_000);
/** Envoy's limit of a locality's sum, a uint32. */
const weightSumMax = 4_294_967_295;
/** Two renewals may be lost before Envoy takes the endpoints for dead. */
const staleTtlsMin = 3;

/**
 * What Envoy is told of a pool; a server of weight 0 drains. Throws DYNO_BALANCER_OPTIONS unless the weights are whole,
 * not negative, those of exactly the endpoints, and within Envoy's sum, and when `stale` is shorter than three times
 * the adapter's time to live.
 */
export function loadAssignment(weights: Weights, options: AssignmentOptions): DiscoveryResponse {
  const { cluster, endpoints, version, stale } = options;
  const stranger = [...weights.keys()].find((server) => !endpoints.has(server));
  if (stranger !== undefined) throw wrong(`${stranger} has no endpoint in cluster ${cluster}`);
  const lbEndpoints = [...endpoints].map(([server, endpoint]) => lbEndpoint(server, endpoint, weights.get(server)));
  const sum = lbEndpoints.reduce((total, { load_balancing_weight }) => total + load_balancing_weight, 0);
  if (sum > weightSumMax) throw wrong(`the weights of cluster ${cluster} sum to ${sum}, Envoy takes ${weightSumMax}`);
  return {
    version_info: version,
    resources: [
      {
        '@type': assignmentType,
        cluster_name: cluster,
        endpoints: [{ lb_endpoints: lbEndpoints }],
        ...(stale && { policy: { endpoint_stale_after: staleAfter(stale) } }),
      },
    ],
  };
}

function lbEndpoint(server: string, { address, port }: EnvoyEndpoint, weight: number | undefined): LbEndpoint {
  if (weight === undefined || !Number.isInteger(weight) || weight < 0)
    throw wrong(`the weight ${weight} of ${server} is not a whole number from 0 on`);
  return {
    endpoint: { address: { socket_address: { address, port_value: port } } },
    ...(weight === 0 && { health_status: 'DRAINING' }),
    load_balancing_weight: envoyWeightOf(weight),
  };
}

function staleAfter({ afterMs, adapterTtlMs }: { readonly afterMs: number; readonly adapterTtlMs: number }): string {
  if (!(afterMs >= staleTtlsMin * adapterTtlMs))
    throw wrong(
      `endpoint_stale_after is ${afterMs} ms, at least ${staleTtlsMin * adapterTtlMs} ms is needed: ` +
        `${staleTtlsMin} times the adapter's time to live`,
    );
  return `${afterMs / 1_000}s`;
}

const wrong = (what: string): DynoError => new DynoError('DYNO_BALANCER_OPTIONS', what);
