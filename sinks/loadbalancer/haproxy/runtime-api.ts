import { connect, type NetConnectOpts } from 'node:net';
import { DynoError } from '../../../base/errors.ts';

/** Where HAProxy's `stats socket` listens. */
export type RuntimeApiAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** One request, its connection included; three of them fit into the two seconds that a driver's call may take. */
export const requestTimeoutMs = 600;
/** An answer that is longer is not one to a command of ours: 10,000 servers are about 1.5 MB. */
const answerBytesMax = 8_000_000;

/** `/run/haproxy/admin.sock` or `host:port`. */
export function runtimeApiAddressOf(text: string): RuntimeApiAddress {
  if (text.startsWith('/')) return { path: text };
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new DynoError(
      'DYNO_BALANCER_OPTIONS',
      `"${text}" is no address of HAProxy's stats socket; write an absolute path or host:port`,
    );
  return { host: text.slice(0, colon), port };
}

/**
 * Sends commands in one write and answers everything that came until HAProxy closed, as it does after each line of
 * commands. A connection each: nothing is left to be mended after a reload. Rejects with DYNO_BALANCER_UNREACHABLE.
 */
export function askRuntimeApi(address: RuntimeApiAddress, commands: readonly string[]): Promise<string> {
  const where = 'path' in address ? address.path : `${address.host}:${address.port}`;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const options: NetConnectOpts = address;
    const socket = connect(options);
    const fail = (what: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new DynoError('DYNO_BALANCER_UNREACHABLE', `HAProxy at ${where} ${what}`, { retryable: true }));
    };
    const timer = setTimeout(() => fail(`did not answer within ${requestTimeoutMs} ms`), requestTimeoutMs);
    socket.on('connect', () => socket.write(`${commands.join(';')}\n`));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > answerBytesMax) fail(`answered more than ${answerBytesMax} bytes`);
    });
    socket.on('error', (error) => fail(`cannot be asked: ${error.message}`));
    socket.on('end', () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}
