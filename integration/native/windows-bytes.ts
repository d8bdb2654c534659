import { createHash } from 'node:crypto';
import { Random } from '../../base/testing/random.ts';
import { createCounterDecoder } from '../../native/counter-decoder.ts';
import { loadAddon } from '../../native/load-addon.ts';
import { driveStage, type LogRecord, type Step } from '../../pipelines/testing/drive-stage.ts';
import { windowsStage } from '../../pipelines/windows.ts';
import { encodeBlockMessage } from '../../schemas/block-codec.ts';
import { counters } from '../../schemas/counters.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';
import { encodeHostCounters } from '../../schemas/host-counters-codec.ts';

/**
 * Runs the windows stage over the random logs of these seeds and prints one line a log: a hash of every byte that it
 * wrote, and its counts. With or without the addon, as the environment says.
 */
const schemaId = 7;
const seeds = process.argv.slice(2).map(Number);

process.stdout.write(`${JSON.stringify({ addon: loadAddon() !== undefined })}\n`);
for (const seed of seeds) process.stdout.write(`${JSON.stringify(await digestOf(seed))}\n`);

async function digestOf(seed: number) {
  const random = new Random(seed);
  const records = logOf(random);
  const steps: Step[] = Array.from({ length: random.between(0, 40) }, () => ({
    size: random.between(1, 120),
    end: random.pick(['nothing', 'commit', 'crash'] as const),
  }));
  const { outputs, stats, checkpoint } = await driveStage({ stage: stage(), records, steps });
  const hash = createHash('sha256');
  for (const { topic, partition, key, value, headers } of outputs) {
    hash.update(`${topic} ${partition} ${key?.toString('hex')} ${value?.length}\n`).update(value ?? '');
    for (const [name, header] of Object.entries(headers ?? {})) hash.update(`${name} ${header}\n`);
  }
  return { seed, outputs: outputs.length, sha256: hash.digest('hex'), stats, checkpoint };
}

function stage() {
  return windowsStage({
    decoder: createCounterDecoder(),
    schemaById: (id) => Promise.resolve(id === schemaId ? hostCountersSchema() : undefined),
    placements: { placementAt: () => undefined },
    metrics: ['cpu_busy_ratio', 'load_1min', 'hits_per_s'],
    encode: (_, message) => encodeBlockMessage(message, schemaId),
  });
}

/** A minute of 40 hosts: late, out of order, doubled, skewed and damaged records among them, and ticks at the end. */
function logOf(random: Random): LogRecord[] {
  let appendMs = 1_700_000_000_000;
  const log: LogRecord[] = [];
  for (let at = 0; at < 1_500; at++) {
    appendMs += random.chance(0.002) ? 8_000 : random.between(0, 60);
    log.push(random.chance(0.03) && at > 0 ? { ...random.pick(log), appendMs } : recordAt(appendMs, random));
  }
  for (let tick = 1; tick <= 60; tick++) log.push(tickAt(appendMs + tick * 1_000));
  return log;
}

function tickAt(appendMs: number): LogRecord {
  return { appendMs, value: null, headers: { 'dyno-kind': Buffer.from('tick') } };
}

function recordAt(appendMs: number, random: Random): LogRecord {
  const delayMs = random.chance(0.9) ? random.between(100, 3_000) : random.pick([12_000, 40_000, -30_000, -90_000]);
  const timeMs = Math.floor((appendMs - delayMs) / 1_000) * 1_000;
  const values = Float64Array.from(counters, () => counterValue(random));
  const host = `web${random.between(1, 40)}`;
  const app = new Map([['hits_per_s', random.next() * 100]]);
  const value = encodeHostCounters({ host, timeMs, intervalMs: 1_000, sequence: 0, values, app }, schemaId);
  const cut = random.chance(0.01) ? random.between(0, value.length) : value.length;
  return { appendMs, key: Buffer.from(host), value: value.subarray(0, cut) };
}

function counterValue(random: Random): number {
  if (random.chance(0.1)) return random.pick([Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.MAX_VALUE, -1e-320]);
  return (random.next() - 0.5) * 10 ** random.between(-20, 20);
}
