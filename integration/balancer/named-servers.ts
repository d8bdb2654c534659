import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Three small servers that say their name, s1 to s3, for a balancer to stand before. */
export class NamedServers {
  readonly #servers: Server[] = [];
  readonly ports: number[] = [];

  static async start(): Promise<NamedServers> {
    const named = new NamedServers();
    for (const name of ['s1', 's2', 's3']) {
      const server = createServer((_, response) => response.end(name));
      named.#servers.push(server);
      named.ports.push(await listening(server));
    }
    return named;
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await listening(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Names of the servers that answered behind this port, with how often; one request after another. */
export async function answersOf(port: number, requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < requests; i++) {
    const name = await textOf(port);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export const textOf = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
