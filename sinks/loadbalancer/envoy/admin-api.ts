import { get } from 'node:http';
import { messageOf } from '../../../base/errors.ts';
import { type ClusterInUse, clusterInUseIn, refusalCountersOf, refusalsIn } from './admin-answers.ts';
import type { EnvoyEndpoints } from './load-assignment.ts';

/** Where Envoy's administration interface listens. */
export interface EnvoyAdminAddress {
  readonly host: string;
  readonly port: number;
}

/** A write asks four times beside the second that it waits for Envoy: 2.6 s at the most. */
const askTimeoutMs = 400;
/** `/clusters` tells all clusters with their counters: 10,000 endpoints are about 15 MB. */
const answerBytesMax = 64_000_000;

/**
 * One cluster, asked of Envoy's administration interface. Only GETs that change nothing. Everything rejects with an
 * `Error` whose message is a sentence's rest about that interface.
 */
export class EnvoyAdmin {
  readonly #address: EnvoyAdminAddress;
  readonly #cluster: string;
  readonly #endpoints: EnvoyEndpoints;

  constructor(address: EnvoyAdminAddress, cluster: string, endpoints: EnvoyEndpoints) {
    this.#address = address;
    this.#cluster = cluster;
    this.#endpoints = endpoints;
  }

  async clusterInUse(): Promise<ClusterInUse> {
    const answer = clusterInUseIn(await this.#ask('/clusters?format=json'), this.#cluster, this.#endpoints);
    if (typeof answer === 'string') throw new Error(answer);
    return answer;
  }

  /** undefined where Envoy does not count them. */
  async refusals(statsName: string): Promise<number | undefined> {
    const pattern = refusalCountersOf(statsName)
      .map((name) => name.replaceAll(/[^\w-]/g, '\\$&'))
      .join('|');
    const filter = encodeURIComponent(`^(${pattern})$`);
    return refusalsIn(await this.#ask(`/stats?format=json&filter=${filter}`), statsName);
  }

  #ask(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      // A connection each: none is left that a restart of Envoy has broken.
      const request = get({ ...this.#address, path, agent: false }, (response) => {
        if (response.statusCode !== 200) return fail(`answers ${response.statusCode} to ${path}`);
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > answerBytesMax) return fail(`answers more than ${answerBytesMax} bytes to ${path}`);
          chunks.push(chunk);
        });
        response.on('end', () => {
          clearTimeout(timer);
          resolve(Buffer.concat(chunks).toString());
        });
        response.on('error', (error) => fail(`broke off (${messageOf(error)})`));
      });
      const fail = (why: string): void => {
        clearTimeout(timer);
        reject(new Error(why));
        request.destroy();
      };
      const timer = setTimeout(() => fail(`did not answer within ${askTimeoutMs} ms`), askTimeoutMs);
      request.on('error', (error) => fail(`does not answer (${messageOf(error)})`));
    });
  }
}
