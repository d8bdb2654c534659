import { readFileSync, renameSync } from 'node:fs';
import { DynoError, messageOf } from '../../../base/errors.ts';
import type { Weights } from '../../../schemas/weight-state.ts';
import { writeFlushed } from '../write-flushed.ts';
import { type EnvoyEndpoints, loadAssignment } from './load-assignment.ts';
import { weightsInAssignment } from './read-assignment.ts';

export interface AssignmentFileOptions {
  readonly file: string;
  readonly cluster: string;
  readonly endpoints: EnvoyEndpoints;
}

/** Envoy may run under another user. */
const fileMode = 0o644;

/** The file of one cluster's endpoints. Envoy looks at it when another is renamed over it. */
export class AssignmentFile {
  readonly #options: AssignmentFileOptions;

  constructor(options: AssignmentFileOptions) {
    this.#options = options;
  }

  /** Throws DYNO_BALANCER_UNREACHABLE for a file that is not there. */
  text(): string {
    const { file } = this.#options;
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw unreachable(`${file} cannot be read: ${messageOf(error)}`, error);
    }
  }

  /** Throws DYNO_BALANCER_UNREACHABLE for a file that is not there or not of exactly these endpoints. */
  weights(): Weights {
    const { file, cluster, endpoints } = this.#options;
    const weights = weightsInAssignment(this.text(), cluster, endpoints);
    if (weights === undefined)
      throw unreachable(`${file} is not an assignment of cluster ${cluster} and its endpoints`);
    return weights;
  }

  /** Throws DYNO_BALANCER_OPTIONS for weights that Envoy would refuse, else as `putText`. */
  put(weights: Weights, version: string): void {
    this.putText(`${JSON.stringify(loadAssignment(weights, { ...this.#options, version }), undefined, 2)}\n`);
  }

  /** Throws DYNO_BALANCER_UNREACHABLE when it cannot be written; the old text stands then. */
  putText(text: string): void {
    const { file } = this.#options;
    const beside = `${file}.new`;
    try {
      writeFlushed(beside, text, fileMode);
      renameSync(beside, file);
    } catch (error) {
      throw unreachable(`${file} cannot be written: ${messageOf(error)}`, error);
    }
  }
}

const unreachable = (what: string, cause?: unknown): DynoError =>
  new DynoError('DYNO_BALANCER_UNREACHABLE', what, { retryable: true, cause });
