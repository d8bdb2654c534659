import { deepEqual, equal } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPublisher } from '../../agent/publisher/publisher.ts';
import type { ProduceRecord } from '../../log/port.ts';
import { counters } from '../../schemas/counters.ts';
import { hostCountersSchema } from '../../schemas/host-counters.ts';
import { hostCountersCodec } from '../../schemas/host-counters-codec.ts';

const agentFile = fileURLToPath(new URL('spooling-agent.js', import.meta.url));
const kills = 10;

/** Runs the agent until it has published `more` samples and a moment longer, then kill -9; answers the last one it told. */
async function publishUntilKilled(folder: string, first: number, more: number): Promise<number> {
  const agent = spawn(process.execPath, [agentFile, folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  agent.stdout.on('data', (chunk) => (told += chunk));
  while (!told.includes(`\n${first + more}\n`)) await delay(5);
  agent.kill('SIGKILL');
  await once(agent, 'close');
  // The last line may be cut.
  return Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1));
}

test(`an agent killed ${kills} times while the log is away loses nothing that it took`, {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spool-kill-'));
  try {
    const told: [first: number, last: number][] = [];
    for (let run = 0; run < kills; run++) {
      const first = run * 1_000_000;
      told.push([first, await publishUntilKilled(folder, first, 100 + run * 37)]);
    }
    const arrived = await sequencesOf(folder);
    for (const [first, last] of told) {
      const ofRun = arrived.filter((sequence) => sequence >= first && sequence < first + 1_000_000);
      // At the end one more may have been kept that the agent could not tell any more.
      deepEqual(ofRun.slice(0, last - first + 1), range(first, last));
      deepEqual(ofRun, range(first, ofRun.at(-1)!));
    }
    equal(arrived.length, new Set(arrived).size);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Sends all that is in the spool to a list. */
async function sequencesOf(spoolDir: string): Promise<number[]> {
  const records: ProduceRecord[] = [];
  const publisher = await startPublisher({
    name: 'agent',
    producer: async () => ({ send: async (sent) => void records.push(...sent), close: async () => {} }),
    registryUrl: 'http://registry.test',
    spoolDir,
    spoolBytesMax: 100_000_000,
    counters: {
      topic: 'dyno.counters.v1',
      partitions: 1,
      schemaJson: hostCountersSchema(),
      counterCount: counters.length,
    },
    systemInfo: { topic: 'dyno.systeminfo.v1', partitions: 1, schemaJson: '"string"' },
    onEvent: () => {},
    fetch: async () => new Response('{"id":9}'),
  });
  while (publisher.stats().mode === 'spooling') await delay(10);
  await publisher.close();
  const codec = hostCountersCodec();
  codec.addSchema(9, codec.schemaJson);
  return records.map(({ value }) => codec.decode(value!).sequence);
}
