import { type Clock, delay, systemClock } from '../../../base/clock.ts';
import { DynoError, messageOf } from '../../../base/errors.ts';
import { logLines } from '../../../base/log-lines.ts';
import { sameWeights, type Weights } from '../../../schemas/weight-state.ts';
import { type BalancerDriver, type DriverLimits, type PoolState, weightsOfState } from '../driver.ts';
import type { ClusterInUse } from './admin-answers.ts';
import { EnvoyAdmin, type EnvoyAdminAddress } from './admin-api.ts';
import { AssignmentFile } from './assignment-file.ts';
import { type EnvoyEndpoints, loadAssignment } from './load-assignment.ts';

export interface EnvoyOptions {
  /** The `path` of the cluster's `path_config_source`; Envoy tells by the ending `.json` what is in it. */
  readonly file: string;
  /** As the assignment names it: the cluster's EDS service name, else its name. */
  readonly cluster: string;
  readonly endpoints: EnvoyEndpoints;
  /** undefined = only the file is read back. */
  readonly admin?: EnvoyAdminAddress | undefined;
  readonly clock?: Clock;
}

/** Envoy notices a file within milliseconds. */
const takenWithinMs = 1_000;
const askEveryMs = 50;

const lines = logLines('sinks');

/**
 * One cluster of an Envoy whose endpoints come from a file (path-based EDS). With its administration interface what is
 * read back is what Envoy uses, and an assignment that it refused, or did not take, is taken out of the file again;
 * without it, the file is all that is known.
 *
 * While that interface does not answer, the file is read and written all the same, as safe weights have to get into it;
 * no server counts as healthy then, so that nothing passes but what moves towards safe.
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
  readonly #file: AssignmentFile;
  readonly #admin: EnvoyAdmin | undefined;
  readonly #clock: Clock;
  #doubt: string | undefined = 'Read from its file: what Envoy uses is not told.';

  /** Throws DYNO_BALANCER_OPTIONS. */
  constructor(options: EnvoyOptions) {
    const { file, cluster, endpoints, admin, clock = systemClock } = options;
    if (!file.endsWith('.json'))
      throw wrong(`the file of Envoy's endpoints is "${file}"; its name has to end in .json`);
    if (endpoints.size === 0) throw wrong(`cluster ${cluster} has no endpoint`);
    const sockets = new Set([...endpoints.values()].map(({ address, port }) => `${address} ${port}`));
    if (sockets.size < endpoints.size) throw wrong(`two servers of cluster ${cluster} have the same address`);
    for (const [server, { port }] of endpoints)
      if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrong(`${server} has the port ${port}`);
    // What Envoy would refuse is found before anything is written.
    loadAssignment(new Map([...endpoints.keys()].map((server) => [server, 1])), { ...options, version: '' });
    this.#file = new AssignmentFile(options);
    this.#admin = admin && new EnvoyAdmin(admin, cluster, endpoints);
    this.#clock = clock;
  }

  get doubt(): string | undefined {
    return this.#doubt;
  }

  /** Rejects with DYNO_BALANCER_UNREACHABLE for a file that is not there or not of exactly these endpoints. */
  async read(): Promise<PoolState> {
    if (this.#admin === undefined) return this.#stateOfFile(undefined);
    // Before Envoy is asked: a file that is not ours is nothing to be mended by what Envoy says.
    this.#file.weights();
    const inUse = await this.#inUseWhen((used) => sameWeights(weightsIn(used), this.#file.weights()));
    if (inUse === undefined) return this.#stateOfFile(false);
    const state: PoolState = new Map(
      [...inUse.servers].map(([server, told]) => [server, { ...told, configuredWeight: undefined }]),
    );
    const used = weightsOfState(state);
    return sameWeights(used, this.#file.weights()) || this.#fileFollows(used) ? state : this.#stateOfFile(false);
  }

  /**
   * Rejects with DYNO_BALANCER_UNREACHABLE when the file cannot be written, and when Envoy tells that it did not take it:
   * then the file has its old text again.
   */
  async write(weights: Weights, version: string): Promise<void> {
    if (this.#admin === undefined) return this.#file.put(weights, version);
    const before = this.#file.text();
    const inUseBefore = await this.#ask((admin) => admin.clusterInUse());
    const refusedBefore = inUseBefore && (await this.#refusals(inUseBefore));
    this.#file.put(weights, version);
    let refused = false;
    const inUse = await this.#inUseWhen(async (used) => {
      if (sameWeights(weightsIn(used), weights)) return true;
      const refusals = refusedBefore === undefined ? undefined : await this.#refusals(used);
      refused = refusedBefore !== undefined && refusals !== undefined && refusals > refusedBefore;
      return refused;
    });
    // Nothing is known of an Envoy that does not tell: the file keeps what was wanted, and the next read says the doubt.
    if (inUse === undefined || sameWeights(weightsIn(inUse), weights)) return;
    this.#file.putText(before);
    const why = refused
      ? `Envoy refused it; its counter ${inUse.statsName}.update_rejected or .update_failure rose, why is in its log`
      : `Envoy did not take it within ${takenWithinMs} ms`;
    throw new DynoError('DYNO_BALANCER_UNREACHABLE', `of the assignment ${version}: ${why}`, { retryable: true });
  }

  async close(): Promise<void> {}

  /** The cluster once what it uses fits, else as it is after a second; undefined = Envoy does not tell. */
  async #inUseWhen(fits: (used: ClusterInUse) => boolean | Promise<boolean>): Promise<ClusterInUse | undefined> {
    const untilMs = this.#clock.monotonicMs() + takenWithinMs;
    for (;;) {
      const inUse = await this.#ask((admin) => admin.clusterInUse());
      if (inUse === undefined || (await fits(inUse)) || this.#clock.monotonicMs() >= untilMs) return inUse;
      await delay(this.#clock, askEveryMs);
    }
  }

  #refusals({ statsName }: ClusterInUse): Promise<number | undefined> {
    return this.#ask((admin) => admin.refusals(statsName));
  }

  async #ask<T>(what: (admin: EnvoyAdmin) => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await what(this.#admin!);
      this.#doubt = undefined;
      return answer;
    } catch (error) {
      this.#doubt = `Read from its file alone: Envoy's administration interface ${messageOf(error)}.`;
      return undefined;
    }
  }

  /** What Envoy did not take may not wait in the file for its next start. False when the file cannot say it. */
  #fileFollows(used: Weights): boolean {
    const facts = { event: 'envoy_file_follows', runbook: 'DYNO_BALANCER_UNREACHABLE' };
    try {
      this.#file.put(used, 'in-use');
      lines.warn(facts, 'Envoy did not take what its file had: the file has the weights again that Envoy uses.');
      return true;
    } catch (error) {
      this.#doubt = `Read from its file: Envoy uses other weights, which the file cannot say (${messageOf(error)}).`;
      return false;
    }
  }

  #stateOfFile(healthy: boolean | undefined): PoolState {
    return new Map(
      [...this.#file.weights()].map(([server, weight]) => [server, { weight, configuredWeight: undefined, healthy }]),
    );
  }
}

const weightsIn = ({ servers }: ClusterInUse): Weights =>
  new Map([...servers].map(([server, { weight }]) => [server, weight]));

const wrong = (what: string): DynoError => new DynoError('DYNO_BALANCER_OPTIONS', what);
