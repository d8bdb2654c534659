import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { projectFile, projectRoot } from '../../base/project-file.ts';
import { Program } from '../program/program.ts';

/** The commands that set up a log, as a user runs them: on a data directory of their own, embedded parts. */
let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'dyno-setup-'));
});

afterEach(() => rmSync(data, { recursive: true }));

const env = { PATH: process.env['PATH'] ?? '', DYNO_LOG_LEVEL: 'warn' };

function dynoscope(...args: string[]): SpawnSyncReturns<string> {
  const command = [projectFile('dist/cli/dynoscope.js'), ...args, '--data', data];
  return spawnSync(process.execPath, command, { cwd: projectRoot, encoding: 'utf8', env });
}

const written = (name: string, text: string): string => {
  writeFileSync(join(data, name), text);
  return join(data, name);
};

test('topics are checked, created, and found to be there', () => {
  const before = dynoscope('topics', 'check');
  assert.equal(before.status, 1, before.stderr);
  assert.match(before.stdout, /dyno\.counters\.v1/);
  const applied = dynoscope('topics', 'apply', '--json');
  assert.equal(applied.status, 0, applied.stderr);
  assert.ok((JSON.parse(applied.stdout) as { topics: string[] }).topics.includes('dyno.counters.v1'));
  const after = dynoscope('topics', 'check');
  assert.equal(after.status, 0, after.stdout);
  assert.match(after.stdout, /^\d+ topics: all as they should be\.\n$/);
});

test('the example inventories are applied, and again change nothing', () => {
  const first = dynoscope('topology', 'apply', 'docs/examples/topology.yaml');
  assert.equal(first.stdout, '3 hosts changed, 0 unchanged; 2 services changed, 0 unchanged.\n', first.stderr);
  const second = dynoscope('topology', 'apply', 'docs/examples/topology.yaml', '--json');
  assert.deepEqual(JSON.parse(second.stdout), {
    says: '0 hosts changed, 3 unchanged; 0 services changed, 2 unchanged.',
    hosts_changed: 0,
    hosts_unchanged: 3,
    services_changed: 0,
    services_unchanged: 2,
  });
  const csv = dynoscope('topology', 'apply', 'docs/examples/topology.csv');
  assert.match(
    csv.stdout,
    /^2 hosts changed, 0 unchanged; .* 1 known hosts are not in the file and stay as they are\.\n$/,
  );
});

test('a mistake in an inventory or in the settings names file and line, exit code 2', () => {
  const inventory = dynoscope('topology', 'apply', written('fleet.yaml', 'hosts:\n  - host: a\n    teir: web\n'));
  assert.equal(inventory.status, 2);
  assert.match(inventory.stderr, /fleet\.yaml:3: "teir" is not a key of a host; did you mean "tier"\?\n$/);
  const settings = dynoscope('topics', 'check', '--config', written('dyno.yaml', 'overwatch:\n  prot: 80\n'));
  assert.equal(settings.status, 2);
  assert.match(settings.stderr, /dyno\.yaml:2: "prot" is not a key of overwatch; did you mean "port"\?\n$/);
  assert.equal(dynoscope('topology', 'aply', 'x.yaml').status, 2);
});

test('while a program holds the data directory, an inventory goes through it', async () => {
  const received: { url: string; authorization: string; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const { url = '', headers } = request;
    if (url === '/api/status') {
      response.end(JSON.stringify({ problems: ['Topic a is missing.', 'a stage lags'] }));
      return;
    }
    received.push({ url, authorization: headers.authorization ?? '', body: JSON.parse(await textOf(request)) });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ says: '1 hosts changed.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  written('api.json', JSON.stringify({ url, token: 'secret', pid: process.pid }));
  const text = 'hosts: [{ host: a, tier: t, service: s }]';
  const file = written('fleet.yaml', text);
  const program = new Program({ args: ['topology', 'apply', file, '--data', data, '--json'], env });
  assert.deepEqual({ ...(await program.event(() => true)) }, { says: '1 hosts changed.' });
  assert.deepEqual(received, [{ url: '/api/topology', authorization: 'Bearer secret', body: { file, text } }]);
  const check = new Program({ args: ['topics', 'check', '--data', data, '--json'], env });
  const { differences, says } = await check.event(() => true);
  assert.deepEqual(differences, ['Topic a is missing.']);
  assert.match(String(says), /^Process \d+ runs on .* and has applied topics and schemas at its start: 1 differences/);
  assert.equal(await check.ended(), 1);
  server.close();
});

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
