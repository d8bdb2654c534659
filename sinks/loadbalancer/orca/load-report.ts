import { DynoError } from '../../../base/errors.ts';

/** Of one host over one window. */
export interface HostLoad {
  /** Hits in requests/s. */
  readonly hitsPerSecond: number;
  readonly errorsPerSecond: number;
  /** Load at which mean contention is 100 ms, requests/s; undefined = not known (well enough) yet. */
  readonly lambda100: number | undefined;
}

/** Of the response that carries the report. Envoy reads it; gRPC's own servers send the same in binary, under another name. */
export const loadReportHeader = 'endpoint-load-metrics';

/**
 * The value of that header, an ORCA load report in its text form:
 * `TEXT application_utilization=0.83, rps_fractional=12.5, eps=0`. A client with weighted round robin (gRPC A58) takes
 * rps ÷ utilization for the weight, which is λ100 by construction, so that no weight has to be pushed to it.
 * Utilization may exceed 1: the host is beyond λ100 then.
 *
 * undefined = no report: without λ100 there is nothing to say, and a client gives a host without a report the mean
 * weight of the others. Throws DYNO_BALANCER_OPTIONS for loads that are negative or no numbers.
 */
export function loadReport({ hitsPerSecond, errorsPerSecond, lambda100 }: HostLoad): string | undefined {
  if (lambda100 === undefined) return undefined;
  const utilization = notNegative('hits / lambda100', hitsPerSecond / lambda100);
  const metrics = [
    `application_utilization=${decimal(utilization)}`,
    `rps_fractional=${decimal(notNegative('hits/s', hitsPerSecond))}`,
    `eps=${decimal(notNegative('errors/s', errorsPerSecond))}`,
  ];
  return `TEXT ${metrics.join(', ')}`;
}

/** Six significant digits: far below the interval of any estimate of λ100. Never with an exponent. */
const decimal = (value: number): string => {
  const rounded = Number(value.toPrecision(6));
  return rounded !== 0 && rounded < 1e-6 ? '0' : String(rounded);
};

function notNegative(what: string, value: number): number {
  if (value >= 0 && value < 1e15) return value;
  throw new DynoError('DYNO_BALANCER_OPTIONS', `${what} of a load report is ${value}, expected a number from 0 on`);
}
