import { counterIndex as catalogueIndex } from '../schemas/counters.ts';
import { AddonDecoder } from './addon-decoder.ts';
import { CompiledDecoder } from './compiled-decoder.ts';
import type { CounterDecoder } from './counter-columns.ts';
import { loadAddon } from './load-addon.ts';

export interface CounterDecoderOptions {
  /** Counter name → column; default: the catalogue. */
  readonly counterIndex?: ReadonlyMap<string, number>;
  /** Hosts remembered by number; beyond it the half unseen longest is forgotten (and counted). */
  readonly hostsMax?: number;
}

/**
 * Decoder of counter records: in C++ where the addon could be built and loaded, else in JavaScript. Both give the same
 * bits for the same bytes.
 */
export function createCounterDecoder(options: CounterDecoderOptions = {}): CounterDecoder {
  const { counterIndex = catalogueIndex, hostsMax = 200_000 } = options;
  const addon = loadAddon();
  const limits = { counterIndex, hostsMax };
  return addon === undefined ? new CompiledDecoder(limits) : new AddonDecoder(addon, limits);
}
