import { spawnSync } from 'node:child_process';

/** Why kcat cannot be asked here; undefined = it can. */
export const whyNoKcat = (): string | undefined =>
  spawnSync('kcat', ['-V']).status === 0 ? undefined : 'no kcat here: install it (Debian: kcat)';

/** Values of a topic as kcat reads them, ticks (null) left out. */
export function valuesByKcat(bootstrap: string, topic: string): Buffer[] {
  // Each message as its size (32 bits, big-endian; −1 = null), then its bytes.
  const args = ['-C', '-q', '-e', '-b', bootstrap, '-t', topic, '-o', 'beginning', '-f', '%R%s'];
  const { status, stdout, stderr } = spawnSync('kcat', args, { maxBuffer: 1 << 28, timeout: 30_000 });
  if (status !== 0) throw new Error(`kcat ended with ${status}: ${stderr.toString()}`);
  const values: Buffer[] = [];
  for (let at = 0; at < stdout.length; ) {
    const bytes = stdout.readInt32BE(at);
    at += 4;
    if (bytes < 0) continue;
    values.push(stdout.subarray(at, at + bytes));
    at += bytes;
  }
  return values;
}
