import { describe, test } from 'node:test';
import { commandsWork, mistakesInFiles } from './commands.ts';
import { cpuTruth, whyNoStress } from './cpu-truth.ts';
import { diskFull } from './disk-full.ts';
import { whyNoMount } from './small-disk.ts';

// What ClickHouse says of the CPU is compared with the kernel over the same seconds, so others may load it meanwhile.
describe('the program on this machine', { concurrency: true, timeout: 300_000 }, () => {
  test('the CPU under stress-ng is in ClickHouse what it is in /proc/stat', { skip: whyNoStress() ?? false }, cpuTruth);
  test('a full disk costs what is counted, nothing else', { skip: whyNoMount() ?? false }, diskFull);
  test('commands, examples and wrong use', async (t) => {
    await t.test('commands beside a running program', commandsWork);
    await t.test('mistakes in files are told with file and line, exit code 2', mistakesInFiles);
  });
});
