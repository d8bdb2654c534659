import { deepEqual, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { CompiledDecoder } from './compiled-decoder.ts';
import { loadAddon } from './load-addon.ts';
import { RandomCounterWriter, randomCounters } from './testing/random-counter-writer.ts';

const skip = loadAddon() === undefined ? 'the addon is not built: npm run build:native' : false;
const records = 200;

const valuesInWorker = async (seed: number): Promise<number> => {
  const worker = new Worker(new URL('./testing/decode-in-worker.js', import.meta.url), {
    workerData: { seed, records },
  });
  const [values] = (await once(worker, 'message')) as [number];
  await worker.terminate();
  return values;
};

const valuesHere = (seed: number): number => {
  const writer = new RandomCounterWriter(seed, 1);
  const decoder = new CompiledDecoder({ counterIndex: randomCounters, hostsMax: 1_000 });
  decoder.addSchema(1, writer.schemaJson);
  const { columns } = decoder.decode(Array.from({ length: records }, () => writer.write().bytes));
  return columns.flatMap((column) => [...column.subarray(0, records)]).filter((value) => !Number.isNaN(value)).length;
};

test('workers load the addon beside each other, and again when the first are gone', { skip }, async () => {
  const seeds = [1, 2, 3];
  const wanted = seeds.map(valuesHere);
  ok(wanted.every((values) => values > 0));
  deepEqual(await Promise.all(seeds.map(valuesInWorker)), wanted);
  deepEqual(await Promise.all(seeds.map(valuesInWorker)), wanted);
});
