import { existsSync } from 'node:fs';
import { DynoError } from '../../base/errors.ts';
import type { LoadtestWrite } from './loadtest-request.ts';

/**
 * What is to be said of a request to an embedded log on whose data directory nothing runs: there is no load test there, and
 * whoever types "stop" in the wrong folder must not believe that one has ended. A kill switch waits for who starts next.
 * Throws DYNO_CLI_NOT_RUNNING for what nobody would ever hear.
 */
export function unheardWords({ action }: LoadtestWrite, dataDir: string): string {
  const waits = action === 'kill' || action === 'unkill';
  if (waits && existsSync(dataDir))
    return `Nothing runs on the data directory ${dataDir}, and no Kafka is named: "${action}" was written there, and no balancer hears it before a program starts there.\n`;
  throw new DynoError(
    'DYNO_CLI_NOT_RUNNING',
    `nothing was done: no program runs on the data directory ${dataDir}, and no Kafka is named, so nobody would hear "${action}"; ` +
      'name the directory of the running program with --data, or its Kafka with KAFKA_BROKERS or --config',
  );
}

/** For who wants to stop everything, and nobody may have heard it. */
export const killWithoutLog =
  'Whether balancers hear of the kill switch is not known. It has a second way, beside each load balancer: touch the kill file of its\n' +
  '"dynoscope balancer" (DATA/balancer/POOL.kill, or what --kill-file names). Where adapters do not reach the log either, the last\n' +
  'command runs out, and safe weights are back within about 10 s by themselves.\n';
