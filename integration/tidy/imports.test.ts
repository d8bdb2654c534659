import { deepEqual } from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { codeFiles, lineAt, type SourceFile } from './source-files.ts';

/** What each room may import of ours: whole rooms or folders of them. A room may always import itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  schemas: ['base'],
  // A check sum over every byte that is sent: one instruction of the processor, which JavaScript does not have.
  log: ['base', 'schemas', 'native/crc32c.ts'],
  native: ['base', 'schemas'],
  operators: ['base', 'schemas', 'native'],
  sinks: ['base', 'schemas', 'native'],
  pipelines: ['base', 'schemas', 'log', 'native', 'operators', 'sinks'],
  agent: ['base', 'schemas', 'log', 'native'],
  // `agent/sample.ts` is the type that the publisher takes.
  simulate: ['base', 'schemas', 'log', 'operators/stats', 'agent/publisher', 'agent/sample.ts'],
  overwatch: ['base', 'schemas', 'log', 'sinks'],
  cli: ['base', 'schemas', 'log', 'native', 'operators', 'sinks', 'pipelines', 'agent', 'simulate', 'overwatch'],
  infra: ['base'],
};
/** What runs in the browser; bundled by overwatch, reached by nobody else. */
const webPages = 'overwatch/web/page';

/** Packages that cost memory or are to be replaceable: one folder knows each. Tests may use them as a second opinion. */
const packageHomes: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['log/kafka'],
  lmdb: ['log/embedded'],
  '@confluentinc/schemaregistry': ['log/registry'],
  chdb: ['sinks/clickhouse'],
  '@clickhouse/client': ['sinks/clickhouse'],
  fastify: ['overwatch', 'log/registry'],
  avsc: ['schemas', 'native', 'log/registry'],
};

interface Import {
  readonly file: SourceFile;
  readonly line: number;
  /** As written. */
  readonly from: string;
  /** Path from the top for a relative one, else undefined. */
  readonly target: string | undefined;
}

const statement =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;

const imports: readonly Import[] = codeFiles.flatMap((file) =>
  [...file.text.matchAll(statement)].map((match) => {
    const from = (match[1] ?? match[2] ?? match[3])!;
    const line = lineAt(file.text, match.index + match[0].length);
    const target = from.startsWith('.') ? posix.join(posix.dirname(file.path), from) : undefined;
    return { file, line, from, target };
  }),
);

const isUnder = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

test('each room imports only the rooms that it may', () => {
  const findings = imports.flatMap(({ file, line, target }) => {
    const allowed = mayImport[file.room];
    if (target === undefined || allowed === undefined || isUnder(target, file.room)) return [];
    if (allowed.some((room) => isUnder(target, room)) && !isUnder(target, webPages)) return [];
    const list = allowed.length === 0 ? 'nothing of ours' : allowed.join(', ');
    return [
      `${file.path}:${line}: ${file.room} may import ${list}, not ${target}; pass it in, or move what both need down`,
    ];
  });
  deepEqual(findings, []);
});

test('a room stands in the table or has nothing to import', () => {
  const unknown = new Set(
    codeFiles.map(({ room }) => room).filter((room) => room !== 'integration' && !(room in mayImport)),
  );
  deepEqual([...unknown], []);
});

test('packages that are costly or to be replaceable are imported in one folder', () => {
  const findings = imports.flatMap(({ file, line, from, target }) => {
    if (target !== undefined || file.room === 'integration' || file.path.includes('.test.')) return [];
    const name = from
      .split('/')
      .slice(0, from.startsWith('@') ? 2 : 1)
      .join('/');
    const homes = packageHomes[name];
    if (homes === undefined || homes.some((home) => isUnder(file.path, home))) return [];
    return [`${file.path}:${line}: ${name} belongs in ${homes.join(' or ')}; ask that room for what you need`];
  });
  deepEqual(findings, []);
});

test('relative imports name the file that they mean', () => {
  const findings = imports.flatMap(({ file, line, from, target }) =>
    target === undefined || /\.(ts|tsx|json|css)$/.test(from) ? [] : [`${file.path}:${line}: write ${from}.ts`],
  );
  deepEqual(findings, []);
});

test('only test code imports test tools', () => {
  const testOnly = /^(node:test|fast-check|simple-statistics|testcontainers|@testcontainers\/.*|playwright-core)$/;
  const findings = imports.flatMap(({ file, line, from, target }) => {
    const tests = file.room === 'integration' || /\.test\.|\/testing\/|\/contract/.test(file.path);
    const isTestTool = testOnly.test(from) || (target !== undefined && /\/testing\/|\.test\./.test(target));
    const allowed =
      tests || !isTestTool || isUnder(file.path, 'log/simulated') || file.path === 'schemas/golden-file.ts';
    return allowed ? [] : [`${file.path}:${line}: ${from} is for tests; product code may not need it`];
  });
  deepEqual(findings, []);
});
