import { ownCounter } from '../base/own-metrics.ts';

/** What a decoder puts where, and how many hosts it remembers by number. */
export interface DecoderLimits {
  readonly counterIndex: ReadonlyMap<string, number>;
  readonly hostsMax: number;
}

/** Names of application values remembered by number. */
export const appNamesMax = 20_000;

export const hostsForgotten = ownCounter(
  'dyno_native_hosts_forgotten_total',
  'Hosts that the decoder forgot because it knew too many.',
);
