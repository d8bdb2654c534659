// `npm start` compiles only when a source file is newer than the last build: a fresh clone was compiled by `npm ci`.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const skipped = new Set(['node_modules', 'dist', 'docs', 'build', '.git', '.dynoscope', 'fixtures', 'golden']);
const compiled = /\.(ts|tsx|css|html)$|^(package|tsconfig)\.json$/;

const newestIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    if (entry.isDirectory())
      return skipped.has(entry.name) || entry.name.startsWith('.')
        ? newest
        : Math.max(newest, newestIn(join(folder, entry.name)));
    return compiled.test(entry.name) ? Math.max(newest, statSync(join(folder, entry.name)).mtimeMs) : newest;
  }, 0);

const builtAt = statSync(join(root, 'dist', '.tsbuildinfo'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (newestIn(root) > builtAt) {
  const { status } = spawnSync('npm', ['run', 'build', '--silent'], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
