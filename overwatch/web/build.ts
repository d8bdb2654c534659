import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { projectFile } from '../../base/project-file.ts';

/**
 * Checks the types of the web page and bundles it into dist/. Part of `npm run build`: says nothing when all is well.
 */
const page = projectFile('overwatch', 'web', 'page');
const assets = projectFile('dist', 'overwatch', 'web', 'assets');

function checkTypes(): void {
  const tsc = projectFile('node_modules', 'typescript', 'bin', 'tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', join(page, 'tsconfig.json')], { stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

async function bundle(): Promise<void> {
  // Names of chunks carry a hash: without this, every build would leave its own behind.
  rmSync(assets, { recursive: true, force: true });
  mkdirSync(assets, { recursive: true });
  await build({
    entryPoints: [join(page, 'main.tsx')],
    outdir: assets,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    chunkNames: 'chunk-[hash]',
    legalComments: 'none',
    logLevel: 'warning',
  });
  copyFileSync(join(page, 'index.html'), join(assets, 'index.html'));
}

checkTypes();
await bundle();
