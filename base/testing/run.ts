import { readdirSync } from 'node:fs';

/**
 * Runs every unit test in this one process: `node dist/base/testing/run.js [part of a path …]`.
 * Tests across rooms that need real servers live in integration/ and have their own runner.
 */
const root = new URL('../../', import.meta.url);
const rooms = [
  'base',
  'schemas',
  'log',
  'native',
  'operators',
  'sinks',
  'pipelines',
  'agent',
  'simulate',
  'overwatch',
  'cli',
  'infra',
  'integration/tidy',
];
const wanted = process.argv.slice(2);

const filesOf = (room: string): string[] => {
  try {
    return readdirSync(new URL(room, root), { recursive: true, encoding: 'utf8' }).map((file) => `${room}/${file}`);
  } catch {
    return [];
  }
};

const tests = rooms
  .flatMap(filesOf)
  .filter((path) => path.endsWith('.test.js') && (wanted.length === 0 || wanted.some((part) => path.includes(part))))
  .sort();
for (const file of tests) await import(new URL(file, root).href);
