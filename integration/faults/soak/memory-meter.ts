import { appendFileSync } from 'node:fs';
import { getHeapStatistics, writeHeapSnapshot } from 'node:v8';
import type { MemorySample } from './memory-curve.ts';

/**
 * Loaded into a measured process by `--import`: appends its memory to a file every 5 s. SIGUSR2 writes a heap snapshot
 * beside it, for who looks for a leak.
 */
const sampleEveryMs = 5_000;
const file = process.env['DYNO_SOAK_MEMORY_FILE'];

if (file !== undefined) {
  const timer = setInterval(() => {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    const { number_of_detached_contexts: detached, malloced_memory: malloced } = getHeapStatistics();
    const sample: MemorySample = { atMs: Date.now(), rss, heapUsed, heapTotal, external, arrayBuffers };
    appendFileSync(file, `${JSON.stringify({ ...sample, detached, malloced })}\n`);
  }, sampleEveryMs);
  timer.unref();
  process.on('SIGUSR2', () => {
    writeHeapSnapshot(`${file}.${Date.now()}.heapsnapshot`);
  });
}
