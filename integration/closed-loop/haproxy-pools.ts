import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../infra/kafka-local/free-ports.ts';
import { weightsOfState } from '../../sinks/loadbalancer/driver.ts';
import { HaproxyDriver } from '../../sinks/loadbalancer/haproxy/haproxy.ts';
import { askRuntimeApi } from '../../sinks/loadbalancer/haproxy/runtime-api.ts';
import { haproxyProgram } from '../balancer/haproxy-process.ts';

export interface PoolServers {
  readonly pool: string;
  readonly servers: readonly { readonly name: string; readonly port: number }[];
}

export type NamedWeights = Readonly<Record<string, number>>;

/** One real HAProxy with a frontend and a backend for each pool; every weight is 100 at its start. */
export class HaproxyPools {
  readonly socketPath: string;
  /** By pool. */
  readonly ports = new Map<string, number>();
  #child: ChildProcess | undefined;

  private constructor(folder: string) {
    this.socketPath = join(folder, 'admin.sock');
  }

  static async start(folder: string, pools: readonly PoolServers[]): Promise<HaproxyPools> {
    const haproxy = new HaproxyPools(folder);
    for (const { pool } of pools) haproxy.ports.set(pool, (await freePorts())[0]);
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, haproxy.#config(pools));
    haproxy.#child = spawn(haproxyProgram!, ['-db', '-f', file], { stdio: 'ignore' });
    for (let attempt = 0; !existsSync(haproxy.socketPath); attempt++) {
      if (attempt === 100) throw new Error('HAProxy did not start within 5 s');
      await delay(50);
    }
    return haproxy;
  }

  async weights(pool: string): Promise<NamedWeights> {
    const driver = new HaproxyDriver({ address: { path: this.socketPath }, backend: pool });
    return Object.fromEntries(weightsOfState(await driver.read()));
  }

  /** Requests that each server of the pool was given since the start, as HAProxy counts them. */
  async requests(pool: string): Promise<Readonly<Record<string, number>>> {
    const csv = await askRuntimeApi({ path: this.socketPath }, [`show stat ${pool} 4 -1`]);
    const [head, ...lines] = csv.split('\n').filter((line) => line !== '');
    const names = head!.replace('# ', '').split(',');
    const [server, total] = [names.indexOf('svname'), names.indexOf('stot')];
    return Object.fromEntries(
      lines.map((line) => line.split(',')).map((cells) => [cells[server], Number(cells[total])]),
    );
  }

  close(): void {
    this.#child?.kill('SIGTERM');
  }

  #config(pools: readonly PoolServers[]): string {
    const head = [
      'global',
      `  stats socket ${this.socketPath} level admin`,
      'defaults',
      '  mode http',
      '  timeout connect 2s',
      '  timeout client 60s',
      '  timeout server 60s',
    ];
    const each = pools.flatMap(({ pool, servers }) => [
      `frontend to-${pool}`,
      `  bind 127.0.0.1:${this.ports.get(pool)}`,
      `  default_backend ${pool}`,
      `backend ${pool}`,
      '  balance roundrobin',
      ...servers.map(({ name, port }) => `  server ${name} 127.0.0.1:${port} weight 100`),
    ]);
    return `${[...head, ...each].join('\n')}\n`;
  }
}
