import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `load_balancing_weight` as the file says it, and whether the endpoint drains. */
interface UsedEndpoint {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly drains: boolean;
}

interface AssignmentJson {
  readonly resources: readonly [
    {
      readonly cluster_name: string;
      readonly endpoints: readonly [
        {
          readonly lb_endpoints: readonly {
            readonly endpoint: {
              readonly address: { readonly socket_address: { address: string; port_value: number } };
            };
            readonly health_status?: string;
            readonly load_balancing_weight: number;
          }[];
        },
      ];
    },
  ];
}

/**
 * What of an Envoy a driver sees: it takes another file that was renamed over the one it knows, or refuses it, and its
 * administration interface answers `/clusters?format=json` and `/stats?format=json&filter=` as the documentation of
 * Envoy 1.30 has them (`envoy.admin.v3.Clusters`): zero and false are left out, whole numbers of 64 bits are text.
 */
export class FakeEnvoy {
  /** Whole answers to `/clusters` and `/stats` come with this status. */
  statusCode = 200;
  /** It does not look at the file any more, as one that watches another file. */
  looksAway = false;
  /** True for the `load_balancing_weight`s of an assignment that it rejects. */
  refuses: (weights: readonly number[]) => boolean = () => false;
  /** More fields of the `health_status` of a host, by port. */
  readonly troubles = new Map<number, Readonly<Record<string, boolean>>>();
  /** Paths that were asked. */
  readonly asked: string[] = [];
  rejected = 0;
  failed = 0;
  #used: readonly UsedEndpoint[] = [];
  #seenInode: number | undefined;
  readonly #file: string;
  readonly #cluster: string;
  readonly #server: Server;

  private constructor(file: string, cluster: string) {
    this.#file = file;
    this.#cluster = cluster;
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? '');
      this.#look();
      response.writeHead(this.statusCode, { 'content-type': 'application/json' });
      response.end(JSON.stringify(request.url?.startsWith('/clusters') ? this.#clusters() : this.#stats(request.url)));
    });
  }

  static async start(file: string, cluster: string, port = 0): Promise<FakeEnvoy> {
    const envoy = new FakeEnvoy(file, cluster);
    await new Promise<void>((resolve) => envoy.#server.listen(port, '127.0.0.1', resolve));
    return envoy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `load_balancing_weight` of what it uses, in the file's order; 0 = it drains. */
  get weights(): readonly number[] {
    this.#look();
    return this.#used.map(({ weight, drains }) => (drains ? 0 : weight));
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #look(): void {
    const inode = statSync(this.#file, { throwIfNoEntry: false })?.ino;
    if (this.looksAway || inode === undefined || inode === this.#seenInode) return;
    this.#seenInode = inode;
    try {
      const [{ endpoints }] = (JSON.parse(readFileSync(this.#file, 'utf8')) as AssignmentJson).resources;
      const used = endpoints[0].lb_endpoints.map(({ endpoint, health_status, load_balancing_weight }) => ({
        address: endpoint.address.socket_address.address,
        port: endpoint.address.socket_address.port_value,
        weight: load_balancing_weight,
        drains: health_status === 'DRAINING',
      }));
      if (this.refuses(used.map(({ weight }) => weight))) this.rejected++;
      else this.#used = used;
    } catch {
      this.failed++;
    }
  }

  #clusters(): object {
    const hosts = this.#used.map(({ address, port, weight, drains }) => ({
      address: { socket_address: { address, port_value: port } },
      stats: [{ name: 'cx_connect_fail' }, { name: 'rq_total', value: '1203' }, { name: 'rq_active', type: 'GAUGE' }],
      health_status: { eds_health_status: drains ? 'DRAINING' : 'HEALTHY', ...this.troubles.get(port) },
      weight,
      locality: {},
    }));
    const xds = { name: 'xds_cluster', observability_name: 'xds_cluster', host_statuses: [] };
    return {
      cluster_statuses: [
        xds,
        { name: this.#cluster, added_via_api: true, host_statuses: hosts, observability_name: this.#cluster },
      ],
    };
  }

  #stats(url = ''): object {
    const filter = new RegExp(new URL(url, 'http://envoy').searchParams.get('filter') ?? '');
    const counters = { update_attempt: 9, update_failure: this.failed, update_rejected: this.rejected };
    const stats = Object.entries(counters).map(([name, value]) => ({
      name: `cluster.${this.#cluster}.${name}`,
      value,
    }));
    return { stats: stats.filter(({ name }) => filter.test(name)) };
  }
}
