import { readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench, BenchContext } from './bench.ts';

/**
 * `npm run bench -- [NAME …] [--runs 5] [--scale 1]`: one JSON line a result on stdout, progress on stderr. Each bench
 * is a file `*.bench.ts` of this folder that exports `bench` or `benches`. Ends with 1 where a bench failed to run.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '5' }, scale: { type: 'string', default: '1' } },
});
const say = (words: string): void => void process.stderr.write(`${words}\n`);

async function allBenches(): Promise<Bench[]> {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.bench.js'));
  const modules = await Promise.all(files.sort().map((name) => import(new URL(name, folder).href)));
  return modules.flatMap((module: { benches?: readonly Bench[]; bench?: Bench }) => [
    ...(module.benches ?? []),
    ...(module.bench === undefined ? [] : [module.bench]),
  ]);
}

function contextOf(): BenchContext {
  const runs = Number(values.runs);
  const scale = Number(values.scale);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs} is not a whole number from 1`);
  if (!(scale > 0 && scale <= 1)) throw new Error(`--scale ${values.scale} is not above 0 and at most 1`);
  return { runs, scale, say };
}

const benches = await allBenches();
const unknown = positionals.filter((wanted) => !benches.some(({ name }) => name === wanted));
if (unknown.length > 0) {
  say(`There is no bench ${unknown.join(', ')}. Benches:`);
  for (const { name, summary } of benches) say(`  ${name.padEnd(22)} ${summary}`);
  process.exit(2);
}
const context = contextOf();
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue;
  say(`${bench.name}: ${bench.summary} (load average ${loadavg()[0]!.toFixed(1)})`);
  try {
    for (const result of await bench.run(context)) {
      const line = { ...result, baseline: result.baseline ?? null, ratio: result.ratio ?? null };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  } catch (error) {
    process.exitCode = 1;
    say(`${bench.name} failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}
