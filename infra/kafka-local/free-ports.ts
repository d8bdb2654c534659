import { type AddressInfo, createServer, type Server } from 'node:net';

/** Two ports of 127.0.0.1 that nobody listens on now; the first is `wanted` where one is given. */
export async function freePorts(wanted?: number): Promise<[number, number]> {
  const first = await listen(wanted ?? 0);
  const second = await listen(0);
  const ports: [number, number] = [portOf(first), portOf(second)];
  await Promise.all([close(first), close(second)]);
  return ports;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => resolve(server));
  });

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
