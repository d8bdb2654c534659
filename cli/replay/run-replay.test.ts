import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { Random } from '../../base/testing/random.ts';
import { type Replayed, runReplay } from './run-replay.ts';

interface Line {
  readonly time: string;
  readonly host: string;
  readonly tier: string;
  readonly samples: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly app?: Readonly<Record<string, number>>;
}

interface Correlation extends Readonly<Record<string, unknown>> {
  readonly time: string;
  readonly entity: string;
}

interface Ran extends Replayed {
  readonly correlations: readonly Correlation[];
  readonly windows: readonly Line[];
  readonly said: readonly string[];
}

async function replayed(text: string, topology?: string): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'dynoscope-replay-'));
  try {
    const file = join(folder, 'f.ndjson');
    const topologyFile = topology === undefined ? undefined : join(folder, 'topology.yaml');
    writeFileSync(file, text);
    if (topologyFile !== undefined) writeFileSync(topologyFile, topology!);
    const windows: Line[] = [];
    const correlations: Correlation[] = [];
    const said: string[] = [];
    const result = await runReplay({
      file,
      topologyFile,
      settings: loadSettings({ cwd: folder, env: {} }),
      windows: (lines) => {
        windows.push(...lines.map((line) => JSON.parse(line) as Line));
        return Promise.resolve();
      },
      correlations: (lines) => {
        correlations.push(...lines.map((line) => JSON.parse(line) as Correlation));
        return Promise.resolve();
      },
      say: (sentence) => said.push(sentence.replace(folder, '')),
      signal: new AbortController().signal,
    });
    return { ...result, windows, correlations, said };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const startMs = Date.parse('2026-03-01T10:00:00Z');
const line = (second: number, host: string, busy: number | null, app?: object): string =>
  JSON.stringify({ time: startMs + second * 1_000, host, counters: { cpu_busy_ratio: busy }, ...(app && { app }) });

test('samples of ten seconds become a window of their host, in the tier that the inventory says', async () => {
  const lines = [line(1, 'web1', 0.25, { cache_hits: 3 }), line(2, 'web1', 0.75), line(3, 'web1', null)];
  const { windows, ledger } = await replayed(
    `${lines.join('\n')}\n`,
    'hosts:\n  - {host: web1, tier: web, service: www}\n',
  );
  deepEqual(windows, [
    {
      time: '2026-03-01T10:00:10.000Z',
      host: 'web1',
      tier: 'web',
      service: 'www',
      window_s: 10,
      samples: 2,
      counters: { cpu_busy_ratio: 0.5 },
      app: { cache_hits: 3 },
    },
  ]);
  equal(ledger['windowed'], 3);
});

test('a recording of one sample a minute closes its windows too, and an unknown host is unassigned', async () => {
  const { windows } = await replayed([0, 60, 120].map((second) => line(second, 'h', second / 100)).join('\n'));
  deepEqual(
    windows.map(({ time, tier, counters }) => [time, tier, counters['cpu_busy_ratio']]),
    [
      ['2026-03-01T10:00:00.000Z', 'unassigned', 0],
      ['2026-03-01T10:01:00.000Z', 'unassigned', 0.6],
      ['2026-03-01T10:02:00.000Z', 'unassigned', 1.2],
    ],
  );
});

test('a line that cannot be used is told with its number, and the others count', async () => {
  const bad = ['garbage', '[1]', '{"time":"then","host":"h"}', '{"time":1,"host":7}', line(2, 'h', 'x' as never)];
  const { windows, said, unusable, lines } = await replayed([line(1, 'h', 0.5), ...bad].join('\n'));
  equal(windows.length, 1);
  deepEqual([lines, unusable], [6, 5]);
  deepEqual(
    said.map((sentence) => sentence.split(':')[1]),
    ['2', '3', '4', '5', '6'],
  );
});

test('windows are the means that plain loops make, whatever the order within the lateness', async () => {
  const random = new Random(5);
  const samples = Array.from({ length: 90 * 3 }, (_, i) => ({
    second: 1 + Math.floor(i / 3),
    host: `h${i % 3}`,
    busy: random.between(0, 1_000) / 1_000,
  })).filter(() => random.chance(0.9));
  for (let i = 0; i + 6 < samples.length; i += 5) [samples[i], samples[i + 6]] = [samples[i + 6]!, samples[i]!];
  const wanted = new Map<string, { sum: number; count: number }>();
  for (const { second, host, busy } of samples) {
    const key = `${new Date(startMs + Math.ceil(second / 10) * 10_000).toISOString()} ${host}`;
    const { sum, count } = wanted.get(key) ?? { sum: 0, count: 0 };
    wanted.set(key, { sum: sum + busy, count: count + 1 });
  }
  const { windows } = await replayed(samples.map(({ second, host, busy }) => line(second, host, busy)).join('\n'));
  equal(windows.length, wanted.size);
  for (const { time, host, counters, samples: found } of windows) {
    const { sum, count } = wanted.get(`${time} ${host}`)!;
    equal(found, count);
    equal(Math.fround(counters['cpu_busy_ratio']!), Math.fround(sum / count));
  }
});

test('correlations of a tier are those of an offline computation over the means of its hosts', async () => {
  const random = new Random(9);
  const points: { second: number; rps: number; ms: number }[] = [];
  const lines: string[] = [];
  for (let second = 1; second <= 75; second++) {
    const hosts = ['h0', 'h1'].map((host) => ({ host, rps: 40 + 10 * random.next(), ms: 100 * random.next() }));
    for (const { host, rps, ms } of hosts) {
      const counters = { requests_per_s: rps, duration_avg_ms: rps + ms };
      lines.push(JSON.stringify({ time: startMs + second * 1_000, host, counters }));
    }
    const mean = (of: (one: (typeof hosts)[number]) => number): number => (of(hosts[0]!) + of(hosts[1]!)) / 2;
    points.push({ second, rps: mean(({ rps }) => rps), ms: mean(({ rps, ms }) => rps + ms) });
  }
  const { correlations } = await replayed(
    lines.join('\n'),
    `hosts:\n${[0, 1].map((n) => `  - {host: h${n}, tier: web, service: www, generation: NHM}\n`).join('')}`,
  );
  const found = correlations.filter(
    ({ entity, x, y, window_s }) =>
      entity === 'web' && x === 'requests_per_s' && y === 'duration_avg_ms' && window_s === 60,
  );
  equal(found.length, 75);
  const last = points.filter(({ second }) => second > 15);
  const sum = (of: (point: (typeof last)[number]) => number): number => last.reduce((total, p) => total + of(p), 0);
  const [meanX, meanY] = [sum(({ rps }) => rps) / 60, sum(({ ms }) => ms) / 60];
  const sxx = sum(({ rps }) => (rps - meanX) ** 2);
  const syy = sum(({ ms }) => (ms - meanY) ** 2);
  const sxy = sum(({ rps, ms }) => (rps - meanX) * (ms - meanY));
  const { time, n, r, slope } = found.at(-1)!;
  deepEqual([time, n], ['2026-03-01T10:01:15.000Z', 60]);
  ok(Math.abs(Number(r) - sxy / Math.sqrt(sxx * syy)) < 1e-9, `${r}`);
  ok(Math.abs(Number(slope) - sxy / sxx) < 1e-9, `${slope}`);
  deepEqual([...new Set(correlations.map(({ entity }) => entity))], ['web', 'web/NHM']);
});
