import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Undefined where there is none. */
export const haproxyProgram = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'].find((path) => existsSync(path));

/** Why no HAProxy can be had here. */
export const whyNoHaproxy = (): string | undefined =>
  haproxyProgram === undefined ? 'needs HAProxy: apt-get install haproxy' : undefined;

/** A real HAProxy on loopback before three small servers that say their name. */
export class HaproxyProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'dynoscope-haproxy-'));
  readonly socketPath = join(this.folder, 'admin.sock');
  readonly #servers: Server[] = [];
  #child: ChildProcess | undefined;
  #port = 0;

  static async start({ algorithm = 'roundrobin' } = {}): Promise<HaproxyProcess> {
    const haproxy = new HaproxyProcess();
    const ports: number[] = [];
    for (const name of ['s1', 's2', 's3']) {
      const server = createServer((_, response) => response.end(name));
      haproxy.#servers.push(server);
      ports.push(await listening(server));
    }
    const probe = createServer();
    haproxy.#port = await listening(probe);
    await new Promise((resolve) => probe.close(resolve));
    writeFileSync(haproxy.#configPath, haproxy.#config(ports, algorithm));
    await haproxy.#run([]);
    return haproxy;
  }

  /** As `systemctl reload` does: a new process takes over, the old one ends; weights are those of the file again. */
  async reload(): Promise<void> {
    const old = this.#child!;
    const ended = new Promise((resolve) => old.once('exit', resolve));
    await this.#run(['-sf', String(old.pid)]);
    await ended;
  }

  /** Names of the servers that answered, with how often. */
  async answersOf(requests: number): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < requests; i++) {
      const name = await textOf(this.#port);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  async close(): Promise<void> {
    this.#child?.kill('SIGTERM');
    for (const server of this.#servers) server.close();
    rmSync(this.folder, { recursive: true });
  }

  get #configPath(): string {
    return join(this.folder, 'haproxy.cfg');
  }

  #config(ports: readonly number[], algorithm: string): string {
    const servers = ports.map((port, i) => `  server s${i + 1} 127.0.0.1:${port} weight 100`);
    return `${[
      'global',
      `  stats socket ${this.socketPath} level admin`,
      'defaults',
      '  mode http',
      '  timeout connect 2s',
      '  timeout client 5s',
      '  timeout server 5s',
      'frontend f',
      `  bind 127.0.0.1:${this.#port}`,
      '  default_backend web',
      'backend web',
      `  balance ${algorithm}`,
      ...servers,
    ].join('\n')}\n`;
  }

  /** Resolves when it answers on its port, with the new process. */
  async #run(more: readonly string[]): Promise<void> {
    this.#child = spawn(haproxyProgram!, ['-db', '-f', this.#configPath, ...more], { stdio: 'ignore' });
    for (let attempt = 0; attempt < 100; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (existsSync(this.socketPath) && (await textOf(this.#port).catch(() => undefined)) !== undefined) return;
    }
    throw new Error('HAProxy did not start within 5 s');
  }
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

const textOf = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
