import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { DynoError } from '../../base/errors.ts';

export interface GuardOptions {
  /** Address it listens on, as the settings name it. */
  readonly listenHost: string;
  /** Name of this machine: accepted when it listens on every interface. */
  readonly machineName: string;
  readonly token: string;
}

export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * Throws for a request that a foreign web page may have caused. Reading: the Host header must name this server, else a
 * page of another site could read us under its own name (DNS rebinding). Writing: the token of the data directory
 * too, and an Origin, where a browser sends one, that is this server's.
 */
export function guardRequest(request: GuardedRequest, options: GuardOptions): void {
  const host = request.host ?? '';
  if (!isOwnHost(host, options)) {
    throw new DynoError(
      'DYNO_OVERWATCH_HOST_REFUSED',
      `the request was for host "${host.slice(0, 100)}", which is not this server; open it as 127.0.0.1 or localhost, ` +
        'or set overwatch.host to that name',
    );
  }
  if (request.method === 'GET' || request.method === 'HEAD') return;
  if (request.origin !== undefined && originHost(request.origin) !== host) {
    throw new DynoError(
      'DYNO_OVERWATCH_ORIGIN_REFUSED',
      `a write came from the page ${request.origin.slice(0, 100)}; writes are taken from this server's own page only`,
    );
  }
  if (!isToken(request.authorization, options.token)) {
    throw new DynoError(
      'DYNO_OVERWATCH_TOKEN_REFUSED',
      'a write needs the header "Authorization: Bearer <token>" with the token from api.json in the data directory',
    );
  }
}

const wildcards = new Set(['0.0.0.0', '::', '']);
const loopbackNames = new Set(['localhost', '127.0.0.1', '::1']);

function isOwnHost(header: string, { listenHost, machineName }: GuardOptions): boolean {
  const name = nameOf(header);
  if (name === undefined) return false;
  if (loopbackNames.has(name) || name === listenHost.toLowerCase()) return true;
  // Rebinding needs a DNS name, so a bare address is safe when every interface is served.
  return wildcards.has(listenHost) && (isIP(name) !== 0 || name === machineName.toLowerCase());
}

/** Host name of `name:port`, `name`, `[v6]:port`; undefined when it is none of these. */
function nameOf(header: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

function isToken(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(authorization?.replace(/^Bearer /, '') ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
