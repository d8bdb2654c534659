import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import { projectFile } from '../../base/project-file.ts';

/**
 * `npm run test:native`: the tests of the addon once more, against a build with AddressSanitizer and
 * UndefinedBehaviorSanitizer, with more rounds of the property tests; before it the format of the C++ files is checked
 * where clang-format is installed. Node.js itself is not instrumented and keeps memory to the end: leaks are not looked for.
 */
const tests = [
  'native/',
  'operators/window',
  'sinks/clickhouse/row-binary',
  'sinks/clickhouse/tab-separated',
  'pipelines/windows',
  'pipelines/raw',
];
const rounds = process.env['DYNO_TEST_RUNS'] ?? '1000';

try {
  checkFormat();
  runTests();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

function checkFormat(): void {
  const folder = projectFile('native', 'src');
  const files = readdirSync(folder).map((file) => projectFile('native', 'src', file));
  const { error, status } = spawnSync('clang-format', ['--dry-run', '-Werror', ...files], { stdio: 'inherit' });
  if (error !== undefined)
    process.stderr.write('clang-format is not installed: the format of native/src is not checked.\n');
  else if (status !== 0)
    throw new Error('native/src is not in the format of .clang-format: clang-format -i native/src/*');
}

function runTests(): void {
  const run = spawnSync(process.execPath, [projectFile('dist', 'base', 'testing', 'run.js'), ...tests], {
    stdio: 'inherit',
    env: {
      ...process.env,
      LD_PRELOAD: sanitizerLibrary(),
      ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=0',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      DYNO_NATIVE: projectFile('build', 'Sanitize', 'dyno_native.node'),
      DYNO_TEST_RUNS: rounds,
    },
  });
  if (run.status !== 0) throw new Error(`the tests under the sanitizers ended with ${run.status ?? run.signal}`);
}

/** The run-time library must be there before anything else: Node.js is not built with it. */
function sanitizerLibrary(): string {
  const compiler = process.env['CXX'] ?? 'c++';
  const found = spawnSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  if (!found.includes('/'))
    throw new Error(`${compiler} has no libasan.so: install the run-time library of its sanitizers`);
  return found;
}
