import { readFileSync, renameSync } from 'node:fs';
import { DynoError, messageOf } from '../../../base/errors.ts';
import type { Weights } from '../../../schemas/weight-state.ts';
import type { BalancerDriver, DriverLimits, PoolState } from '../driver.ts';
import { writeFlushed } from '../write-flushed.ts';
import { type EnvoyEndpoints, loadAssignment } from './load-assignment.ts';
import { weightsInAssignment } from './read-assignment.ts';

export interface EnvoyOptions {
  /** The `path` of the cluster's `path_config_source`; Envoy tells by the ending `.json` what is in it. */
  readonly file: string;
  readonly cluster: string;
  readonly endpoints: EnvoyEndpoints;
  /** What an operator holds safe, told as the configured weight: an assignment has no other. */
  readonly safeWeight: number;
}

/** Envoy may run under another user. */
const fileMode = 0o644;

/**
 * One cluster of an Envoy whose endpoints come from a file (path-based EDS): it reads the file again when another is
 * renamed over it. What is read back is the file. An Envoy that refused it goes on with the weights that it had, and
 * says so only in its own counter `cluster.NAME.update_rejected`.
 *
 * Never with `endpoint_stale_after`: a renewed command writes nothing, and Envoy would take every endpoint for dead.
 */
export class EnvoyDriver implements BalancerDriver {
  readonly kind = 'envoy';
  readonly limits: DriverLimits = {
    modes: ['steady', 'test', 'revert', 'freeze'],
    weightMin: 0,
    weightMax: 256,
    changeEveryMs: 0,
  };
  readonly #options: EnvoyOptions;

  /** Throws DYNO_BALANCER_OPTIONS. */
  constructor(options: EnvoyOptions) {
    const { file, endpoints, safeWeight } = options;
    this.#options = options;
    if (!file.endsWith('.json'))
      throw wrong(`the file of Envoy's endpoints is "${file}"; its name has to end in .json`);
    if (endpoints.size === 0) throw wrong(`cluster ${options.cluster} has no endpoint`);
    const sockets = new Set([...endpoints.values()].map(({ address, port }) => `${address} ${port}`));
    if (sockets.size < endpoints.size) throw wrong(`two servers of cluster ${options.cluster} have the same address`);
    for (const [server, { port }] of endpoints)
      if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrong(`${server} has the port ${port}`);
    // What Envoy would refuse is found before anything is written.
    loadAssignment(new Map([...endpoints.keys()].map((server) => [server, safeWeight])), { ...options, version: '' });
  }

  /** Rejects with DYNO_BALANCER_UNREACHABLE for a file that is not there or not of exactly these endpoints. */
  async read(): Promise<PoolState> {
    const { file, cluster, endpoints, safeWeight } = this.#options;
    const weights = weightsInAssignment(textOf(file), cluster, endpoints);
    if (weights === undefined)
      throw unreachable(`${file} is not an assignment of cluster ${cluster} and its endpoints`);
    return new Map(
      [...weights].map(([server, weight]) => [server, { weight, configuredWeight: safeWeight, healthy: undefined }]),
    );
  }

  async write(weights: Weights, version: string): Promise<void> {
    const { file, cluster, endpoints } = this.#options;
    const text = `${JSON.stringify(loadAssignment(weights, { cluster, endpoints, version }), undefined, 2)}\n`;
    const beside = `${file}.new`;
    try {
      writeFlushed(beside, text, fileMode);
      renameSync(beside, file);
    } catch (error) {
      throw unreachable(`${file} cannot be written: ${messageOf(error)}`, error);
    }
  }

  async close(): Promise<void> {}
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreachable(`${path} cannot be read: ${messageOf(error)}`, error);
  }
}

const wrong = (what: string): DynoError => new DynoError('DYNO_BALANCER_OPTIONS', what);
const unreachable = (what: string, cause?: unknown): DynoError =>
  new DynoError('DYNO_BALANCER_UNREACHABLE', what, { retryable: true, cause });
