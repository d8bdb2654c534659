import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersOf, freePort, NamedServers, textOf } from './named-servers.ts';

/** Undefined where there is none. */
export const haproxyProgram = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'].find((path) => existsSync(path));

/** Why no HAProxy can be had here. */
export const whyNoHaproxy = (): string | undefined =>
  haproxyProgram === undefined ? 'needs HAProxy: apt-get install haproxy' : undefined;

/** A real HAProxy on loopback before three small servers that say their name. */
export class HaproxyProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'dynoscope-haproxy-'));
  readonly socketPath = join(this.folder, 'admin.sock');
  #servers!: NamedServers;
  #child: ChildProcess | undefined;
  #port = 0;

  static async start({ algorithm = 'roundrobin' } = {}): Promise<HaproxyProcess> {
    const haproxy = new HaproxyProcess();
    haproxy.#servers = await NamedServers.start();
    haproxy.#port = await freePort();
    writeFileSync(haproxy.#configPath, haproxy.#config(haproxy.#servers.ports, algorithm));
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
  answersOf(requests: number): Promise<Record<string, number>> {
    return answersOf(this.#port, requests);
  }

  async close(): Promise<void> {
    this.#child?.kill('SIGTERM');
    this.#servers.close();
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
