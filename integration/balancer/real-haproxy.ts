import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delay, systemClock } from '../../base/clock.ts';

const program = '/usr/sbin/haproxy';
const servers = ['s1', 's2', 's3'];

/** Why there is no HAProxy to test with; undefined = there is one. */
export const whyNoHaproxy = (): string | undefined =>
  existsSync(program) ? undefined : `${program} is not there; "apt-get install haproxy" brings it`;

export interface HaproxyOptions {
  /** Of `balance`. */
  readonly algorithm?: string;
  /** Configured weight of every server. */
  readonly weight?: number;
}

/** A real HAProxy on loopback before three HTTP servers that answer their names; backend `web`. */
export class RealHaproxy {
  readonly folder = mkdtempSync(join(tmpdir(), 'haproxy-real-'));
  readonly socketPath = join(this.folder, 'admin.sock');
  readonly #options: HaproxyOptions;
  readonly #backends: Server[] = [];
  /** Requests one after another over one connection, as HAProxy shares out requests and not connections. */
  readonly #client = new Agent({ keepAlive: true, maxSockets: 1 });
  #port = 0;
  #process: ChildProcess | undefined;

  private constructor(options: HaproxyOptions) {
    this.#options = options;
  }

  static async start(options: HaproxyOptions = {}): Promise<RealHaproxy> {
    const haproxy = new RealHaproxy(options);
    for (const name of servers) haproxy.#backends.push(await listening((_, response) => response.end(name)));
    const placeholder = await listening(() => {});
    haproxy.#port = portOf(placeholder);
    placeholder.close();
    writeFileSync(haproxy.#configPath, haproxy.#config());
    await haproxy.#spawn([]);
    return haproxy;
  }

  /** As `systemctl reload` does: a new process takes over and the weights are those of the file again. */
  async reload(): Promise<void> {
    const old = this.#process!;
    const gone = once(old, 'exit');
    await this.#spawn(['-sf', String(old.pid)]);
    this.#client.destroy();
    await gone;
  }

  async stop(): Promise<void> {
    this.#client.destroy();
    if (this.#process !== undefined && this.#process.exitCode === null) {
      const gone = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await gone;
    }
    for (const server of this.#backends) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** How many of so many requests each server answered. */
  async split(requests: number): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = Object.fromEntries(servers.map((name) => [name, 0]));
    for (let i = 0; i < requests; i++) {
      const name = await this.#request();
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  get #configPath(): string {
    return join(this.folder, 'haproxy.cfg');
  }

  #request(): Promise<string> {
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port: this.#port, agent: this.#client }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => (body += text));
        response.on('end', () => resolve(body));
      }).on('error', reject);
    });
  }

  async #spawn(more: readonly string[]): Promise<void> {
    const child = spawn(program, ['-db', '-f', this.#configPath, ...more], { stdio: 'ignore' });
    this.#process = child;
    // The socket's file may still be the old process's: that this one answers shows in its pid.
    const deadlineMs = systemClock.monotonicMs() + 10_000;
    while (!(await this.#infoSays(`Pid: ${child.pid}`))) {
      if (child.exitCode !== null || systemClock.monotonicMs() > deadlineMs) throw new Error('HAProxy does not start');
      await delay(systemClock, 20);
    }
  }

  #infoSays(text: string): Promise<boolean> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect({ path: this.socketPath }, () => socket.write('show info\n'));
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('error', () => resolve(false));
      socket.on('close', () => resolve(answer.split('\n').includes(text)));
    });
  }

  #config(): string {
    const { algorithm = 'roundrobin', weight = 100 } = this.#options;
    const lines = this.#backends.map(
      (server, i) => `  server ${servers[i]} 127.0.0.1:${portOf(server)} weight ${weight}`,
    );
    return `global
  stats socket ${this.socketPath} mode 600 level admin
  hard-stop-after 2s
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend www
  bind 127.0.0.1:${this.#port}
  default_backend web
backend web
  balance ${algorithm}
${lines.join('\n')}
`;
  }
}

async function listening(handler: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
