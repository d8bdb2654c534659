import { DynoError } from '../../../base/errors.ts';
import type { Weights } from '../../../schemas/weight-state.ts';
import type { BalancerDriver, DriverLimits, PoolState } from '../driver.ts';
import { algorithmIn, complaintIn, poolStateIn, saysStatic } from './answers.ts';
import { askRuntimeApi, type RuntimeApiAddress } from './runtime-api.ts';

export interface HaproxyOptions {
  readonly address: RuntimeApiAddress;
  /** The pool as HAProxy's configuration names it. */
  readonly backend: string;
}

/** Algorithms whose weights change while HAProxy runs, without moving sessions from server to server. */
const dynamicAlgorithms = ['roundrobin', 'leastconn', 'random'];
/** A line of commands has to fit into one buffer of HAProxy (`tune.bufsize`, 16 kB unless set). */
const lineBytesMax = 8_000;
/** What a name may hold: `;`, blanks and line feeds would be other commands. */
const nameOfOurs = /^[\w.:@-]+$/;

/**
 * One backend of an HAProxy (2.4 or later), by its runtime API. Weights are absolute whole numbers, never percentages:
 * "300%" becomes 256 without a word. Only weights are ever set, no administrative or operational state.
 */
export class HaproxyDriver implements BalancerDriver {
  readonly kind = 'haproxy';
  readonly doubt = undefined;
  readonly limits: DriverLimits = {
    modes: ['steady', 'test', 'revert', 'freeze'],
    weightMin: 0,
    weightMax: 256,
    changeEveryMs: 0,
  };
  readonly #options: HaproxyOptions;
  #probed = false;

  constructor(options: HaproxyOptions) {
    this.#options = options;
    if (!nameOfOurs.test(options.backend)) throw notAName(options.backend);
  }

  /** Rejects with DYNO_BALANCER_ALGORITHM when the backend's weights cannot be steered, else DYNO_BALANCER_UNREACHABLE. */
  async read(): Promise<PoolState> {
    const { backend, address } = this.#options;
    if (!this.#probed) await this.#probe();
    return poolStateIn(await askRuntimeApi(address, [`show servers state ${backend}`]), backend);
  }

  async write(weights: Weights): Promise<void> {
    const { backend, address } = this.#options;
    const complaints: string[] = [];
    for (const line of linesOf(backend, weights)) {
      const complaint = complaintIn(await askRuntimeApi(address, line));
      if (complaint !== undefined) complaints.push(complaint);
    }
    if (complaints.length === 0) return;
    // A reload may have brought another algorithm: it is looked at again.
    if (complaints.some(saysStatic)) this.#probed = false;
    throw new DynoError('DYNO_BALANCER_UNREACHABLE', `HAProxy refused weights of ${backend}: ${complaints.join(' ')}`, {
      retryable: true,
    });
  }

  async close(): Promise<void> {}

  /** By reading, as a trial write would change a weight: static-rr takes 0 and the configured weight without complaint. */
  async #probe(): Promise<void> {
    const { backend, address } = this.#options;
    const algorithm = algorithmIn(await askRuntimeApi(address, [`show stat ${backend} 2 -1`]));
    if (algorithm === undefined || !dynamicAlgorithms.includes(algorithm))
      throw new DynoError(
        'DYNO_BALANCER_ALGORITHM',
        algorithm === undefined
          ? `HAProxy does not tell the algorithm of backend ${backend}: it does not exist, or the socket is not "level admin"`
          : `backend ${backend} has "balance ${algorithm}"; weights can be steered with ${dynamicAlgorithms.join(', ')}`,
        { retryable: true, details: { backend, algorithm } },
      );
    this.#probed = true;
  }
}

function linesOf(backend: string, weights: Weights): string[][] {
  const lines: string[][] = [[]];
  let bytes = 0;
  for (const [server, weight] of weights) {
    if (!nameOfOurs.test(server)) throw notAName(server);
    if (!Number.isInteger(weight) || weight < 0 || weight > 256)
      throw new DynoError(
        'DYNO_BALANCER_OPTIONS',
        `the weight ${weight} of ${server} is not a whole number from 0 to 256`,
      );
    const command = `set server ${backend}/${server} weight ${weight}`;
    if (bytes + command.length > lineBytesMax) {
      lines.push([]);
      bytes = 0;
    }
    lines.at(-1)!.push(command);
    bytes += command.length + 1;
  }
  return lines;
}

const notAName = (name: string): DynoError =>
  new DynoError('DYNO_BALANCER_OPTIONS', `"${name}" is no name that HAProxy gives a backend or a server`);
