import { durationMs } from '../../../cli/duration.ts';
import { runSoak } from './run-soak.ts';

/** `--soak 30m`: one JSON line with the result on stdout, talk on stderr; exit code 1 when memory was not flat. */
export async function soakFor(length: string, seed: number): Promise<void> {
  const say = (words: string): void => void process.stderr.write(`${new Date().toISOString()} ${words}\n`);
  const limits = { option: '--soak', minMs: 60_000, maxMs: 86_400_000 };
  const result = await runSoak({ durationMs: durationMs(length, limits), seed, say });
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (!result.flat) process.exitCode = 1;
}
