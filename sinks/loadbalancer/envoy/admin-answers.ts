import type { PoolServer } from '../driver.ts';
import { field, listIn, parsed, socketIn } from './fields.ts';
import type { EnvoyEndpoints } from './load-assignment.ts';

/** A cluster as an Envoy that runs has it. */
export interface ClusterInUse {
  /** What its counters are called by: `cluster.NAME.update_rejected`. */
  readonly statsName: string;
  /** By server name; in our scale, as those of `weightsInAssignment`. */
  readonly servers: ReadonlyMap<string, Pick<PoolServer, 'weight'> & { readonly healthy: boolean }>;
}

/**
 * The cluster in the text of `GET /clusters?format=json` (`envoy.admin.v3.Clusters`), else what is wrong, a sentence's
 * rest. `cluster` is what the assignment calls it: the EDS service name where the cluster has one.
 */
export function clusterInUseIn(text: string, cluster: string, endpoints: EnvoyEndpoints): ClusterInUse | string {
  const status = listIn(parsed(text), 'cluster_statuses').find(
    (found) => (textIn(found, 'eds_service_name') ?? textIn(found, 'name')) === cluster,
  );
  if (status === undefined) return `does not list cluster ${cluster}`;
  const hosts = listIn(status, 'host_statuses');
  const bySocket = new Map(hosts.map((host) => [socketIn(field(host, 'address')), host]));
  if (hosts.length !== endpoints.size || bySocket.size !== endpoints.size)
    return `has ${hosts.length} endpoints in cluster ${cluster}, not the ${endpoints.size} of this pool`;
  const servers = new Map<string, { weight: number; healthy: boolean }>();
  for (const [server, { address, port }] of endpoints) {
    const host = bySocket.get(`${address} ${port}`);
    const weight = weightOf(host);
    if (weight === undefined) return `tells no weight of ${server} (${address}, port ${port}) in cluster ${cluster}`;
    servers.set(server, { weight, healthy: isHealthy(host) });
  }
  return { statsName: textIn(status, 'observability_name') ?? textIn(status, 'name') ?? cluster, servers };
}

/** How often the cluster's assignment was refused, of `GET /stats?format=json`; undefined where Envoy does not count it. */
export function refusalsIn(text: string, statsName: string): number | undefined {
  const counters = refusalCountersOf(statsName);
  const counts = listIn(parsed(text), 'stats')
    .filter((stat) => counters.includes(String(field(stat, 'name'))))
    .map((stat) => wholeIn(stat, 'value'));
  return counts.length === 0 ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** `rejected` = understood and not taken; `failure` = no JSON, or a file that could not be read. */
export function refusalCountersOf(statsName: string): readonly string[] {
  const name = statsName.replaceAll(':', '_');
  return [`cluster.${name}.update_rejected`, `cluster.${name}.update_failure`];
}

/** DRAINING was told as UNHEALTHY by Envoys before 1.30; nobody but our assignment gives an EDS health. */
const drained = ['DRAINING', 'UNHEALTHY', 'TIMEOUT'];

function weightOf(host: unknown): number | undefined {
  if (drained.includes(String(field(field(host, 'health_status'), 'eds_health_status')))) return 0;
  const weight = wholeIn(host, 'weight');
  return weight === undefined || weight < 1 ? undefined : weight / 1_000;
}

/** Of Envoy's own finding; what the assignment says is a weight. Flags that are not set are left out. */
const troubles = [
  'failed_active_health_check',
  'failed_outlier_check',
  'failed_active_degraded_check',
  'pending_dynamic_removal',
  'pending_active_hc',
  'excluded_via_immediate_hc_fail',
  'active_hc_timeout',
];

const isHealthy = (host: unknown): boolean =>
  !troubles.some((trouble) => field(field(host, 'health_status'), trouble) === true);

function textIn(of: unknown, name: string): string | undefined {
  const text = field(of, name);
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** Protocol Buffers write whole numbers of 64 bits as text. */
function wholeIn(of: unknown, name: string): number | undefined {
  const value = field(of, name);
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}
