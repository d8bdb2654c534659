import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolState } from '../../sinks/loadbalancer/driver.ts';
import { parseTemplate, weightsIn } from '../../sinks/loadbalancer/template/template-text.ts';
import { answersOf, freePort, NamedServers, textOf } from './named-servers.ts';

/** Undefined where there is none. */
const nginxProgram = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/local/nginx/sbin/nginx'].find((path) =>
  existsSync(path),
);

/** Why no NGINX can be had here. */
export const whyNoNginx = (): string | undefined =>
  nginxProgram === undefined ? 'needs NGINX: apt-get install nginx' : undefined;

/**
 * A real NGINX on loopback before three servers that say their name. Its servers stand in a file of their own, rendered
 * from a template with the weight 100 each, as an operator writes it.
 */
export class NginxProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'dynoscope-nginx-'));
  readonly templateFile = join(this.folder, 'web.template');
  readonly file = join(this.folder, 'web.upstream');
  /** As `nginx.conf`, but it includes what is to be checked. */
  readonly checkConfig = join(this.folder, 'check.conf');
  readonly #config = join(this.folder, 'nginx.conf');
  #servers!: NamedServers;
  #child: ChildProcess | undefined;
  #port = 0;

  static async start(): Promise<NginxProcess> {
    const nginx = new NginxProcess();
    nginx.#servers = await NamedServers.start();
    nginx.#port = await freePort();
    const lines = nginx.#servers.ports.map((port, i) => `server 127.0.0.1:${port} weight={{weight s${i + 1}}};\n`);
    writeFileSync(nginx.templateFile, lines.join(''));
    writeFileSync(nginx.file, lines.join('').replaceAll(/\{\{weight \w+\}\}/g, '100'));
    writeFileSync(nginx.#config, nginx.#configWith(nginx.file, 'nginx.pid'));
    writeFileSync(nginx.checkConfig, nginx.#configWith(`${nginx.file}.new`, 'check.pid'));
    nginx.#child = spawn(nginxProgram!, ['-c', nginx.#config, '-e', nginx.#errorLog], { stdio: 'ignore' });
    await nginx.#answers();
    return nginx;
  }

  /** Flags of `dynoscope balancer`. */
  get flags(): readonly string[] {
    const command = (...args: string[]): string => `${nginxProgram} -e ${this.#errorLog} ${args.join(' ')}`;
    return [
      ...['--template', this.templateFile, '--output', this.file],
      ...['--check', command('-t', '-c', this.checkConfig), '--reload', command('-s', 'reload', '-c', this.#config)],
    ];
  }

  /** The weights in its file, read by nothing that could mend it. */
  async read(): Promise<PoolState> {
    const weights = weightsIn(parseTemplate(readFileSync(this.templateFile, 'utf8')), readFileSync(this.file, 'utf8'));
    if (weights === undefined) throw new Error(`${this.file} is not of its template`);
    return new Map(
      [...weights].map(([server, weight]) => [server, { weight, configuredWeight: undefined, healthy: undefined }]),
    );
  }

  /** Process ids of its workers: a reload brings others. */
  get workers(): string {
    const { pid } = this.#child!;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  }

  answersOf(requests: number): Promise<Record<string, number>> {
    return answersOf(this.#port, requests);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child?.once('exit', resolve));
    this.#child?.kill('SIGTERM');
    await ended;
    this.#servers.close();
    rmSync(this.folder, { recursive: true });
  }

  get #errorLog(): string {
    return join(this.folder, 'error.log');
  }

  #configWith(upstream: string, pidFile: string): string {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (what) => `  ${what}_temp_path ${join(this.folder, what)};`,
    );
    return [
      'daemon off;',
      'worker_processes 1;',
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      `pid ${join(this.folder, pidFile)};`,
      'events { worker_connections 64; }',
      'http {',
      '  access_log off;',
      ...temporary,
      `  upstream web { include ${upstream}; }`,
      `  server { listen 127.0.0.1:${this.#port}; location / { proxy_pass http://web; } }`,
      '}\n',
    ].join('\n');
  }

  async #answers(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if ((await textOf(this.#port).catch(() => undefined)) !== undefined) return;
    }
    throw new Error(`NGINX did not answer within 5 s: ${readFileSync(this.#errorLog, 'utf8')}`);
  }
}
