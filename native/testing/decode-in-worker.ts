import { parentPort, workerData } from 'node:worker_threads';
import { AddonDecoder } from '../addon-decoder.ts';
import { loadAddon } from '../load-addon.ts';
import { RandomCounterWriter, randomCounters } from './random-counter-writer.ts';

/** Loads the addon in this worker, decodes what the writer of this seed writes, and says how many values there were. */
const { seed, records } = workerData as { seed: number; records: number };
const addon = loadAddon();
parentPort?.postMessage(addon === undefined ? -1 : valuesOf(new RandomCounterWriter(seed, 1)));

function valuesOf(writer: RandomCounterWriter): number {
  const decoder = new AddonDecoder(addon!, { counterIndex: randomCounters, hostsMax: 1_000 });
  decoder.addSchema(1, writer.schemaJson);
  const columns = decoder.decode(Array.from({ length: records }, () => writer.write().bytes));
  return columns.columns.reduce((sum, column) => sum + column.subarray(0, records).filter(isNumber).length, 0);
}

function isNumber(value: number): boolean {
  return !Number.isNaN(value);
}
