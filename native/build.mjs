// Builds the addon: `node native/build.mjs [--sanitize] [--strict]`. Plain JavaScript, for it runs as the install script,
// before TypeScript is compiled. The list of sources and flags is binding.gyp, which node-gyp takes as well; calling the
// compiler ourselves needs neither Python nor a download. Without --strict it never fails: the JavaScript implementation
// serves where no addon can be built.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sanitize = process.argv.includes('--sanitize');
const strict = process.argv.includes('--strict');
const compileTimeoutMs = 120_000;

const sanitizeFlags = [
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=undefined',
  '-fno-omit-frame-pointer',
  '-g',
];

try {
  const outcome = await build();
  console.error(`dyno_native: ${outcome}.`);
} catch (error) {
  console.error(`dyno_native: not built, the JavaScript implementation serves (${firstLine(error)}).`);
  if (strict) {
    console.error(error);
    process.exitCode = 1;
  }
}

async function build() {
  const target = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8')).targets[0];
  const folder = join(root, 'build', sanitize ? 'Sanitize' : 'Release');
  const addon = join(folder, `${target.target_name}.node`);
  const flags = [
    ...target.cflags_cc,
    '-fPIC',
    '-fno-rtti',
    ...target.defines.map((define) => `-D${define}`),
    ...includeFolders(target).map((include) => `-I${include}`),
    ...(sanitize ? sanitizeFlags : []),
  ];
  const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const linkFlags = [...shared, ...(sanitize ? sanitizeFlags : ['-s'])];
  const compiler = await findCompiler();
  const stamp = stampOf([compiler.version, ...flags, ...linkFlags]);
  const stampFile = `${addon}.stamp`;
  if (existsSync(addon) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return 'up to date';

  const startMs = performance.now();
  const work = join(folder, `obj-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const objects = await compileAll(compiler.command, flags, target.sources, work);
    const linked = join(work, 'linked.node');
    await run(compiler.command, [...linkFlags, '-o', linked, ...objects]);
    // Put in place in one step: a process that has the old one loaded keeps it.
    renameSync(linked, addon);
    writeFileSync(stampFile, stamp);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return `built with ${compiler.version} in ${((performance.now() - startMs) / 1_000).toFixed(1)} s`;
}

/** Node's own headers lie beside the program, or where nodedir says. */
function includeFolders(target) {
  const prefixes = [process.env.npm_config_nodedir, dirname(dirname(process.execPath)), '/usr', '/usr/local'];
  const found = prefixes
    .filter((prefix) => prefix !== undefined && prefix !== '')
    .map((prefix) => join(prefix, 'include', 'node'))
    .find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found === undefined) throw new Error('the headers of Node.js are not installed: node_api.h is not found');
  const addonApi = target.include_dirs.map((folder) => join(root, folder));
  if (!addonApi.every((folder) => existsSync(join(folder, 'napi.h'))))
    throw new Error('node-addon-api is not installed');
  return [...addonApi, found];
}

async function findCompiler() {
  const candidates = [process.env.CXX, 'c++', 'g++', 'clang++'].filter((name) => name !== undefined && name !== '');
  for (const command of candidates) {
    const version = await run(command, ['--version']).catch(() => undefined);
    if (version !== undefined) return { command, version: firstLine(version) };
  }
  throw new Error('there is no C++ compiler');
}

/** What the addon was made of: the same stamp, the same addon. */
function stampOf(words) {
  const hash = createHash('sha256').update(words.join('\n')).update(process.arch);
  const folder = join(root, 'native', 'src');
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  hash.update(readFileSync(join(root, 'node_modules', 'node-addon-api', 'package.json')));
  return hash.digest('hex');
}

async function compileAll(command, flags, sources, work) {
  const waiting = [...sources.entries()];
  const objects = [];
  const compileSome = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, source] = next;
      objects[at] = join(work, `${at}.o`);
      await run(command, [...flags, '-c', join(root, source), '-o', objects[at]]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 8) }, compileSome));
  return objects;
}

/** Resolves to what the command printed; rejects with its complaints. */
function run(command, words) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: compileTimeoutMs });
    let out = '';
    let complaints = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      complaints += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(complaints.trim() || `${command} ended with ${code}`));
    });
  });
}

function firstLine(value) {
  return (value instanceof Error ? value.message : String(value)).split('\n', 1)[0];
}
