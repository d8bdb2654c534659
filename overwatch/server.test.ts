import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Ajv } from 'ajv';
import { DynoError } from '../base/errors.ts';
import { VirtualClock } from '../base/testing/virtual-clock.ts';
import { readApiFile } from './api-file.ts';
import { type OverwatchOptions, overwatchApp, startOverwatch } from './server.ts';
import { fleetForTests, statusForTests } from './testing/synthetic-program.ts';

const token = 'a-token-of-the-test';
const host = '127.0.0.1:8080';

async function appOf(t: TestContext, changes: Partial<OverwatchOptions> = {}) {
  const { app } = await overwatchApp({ ...optionsFor('/nowhere'), ...changes }, token);
  t.after(() => app.close());
  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'GET', url, headers: { host, ...headers } });
  return { app, get };
}

const optionsFor = (dataDir: string): OverwatchOptions => ({
  host: '127.0.0.1',
  port: 0,
  dataDir,
  version: '0.1.0',
  live: fleetForTests(),
  queries: async ({ sql, format, params }) => ({
    contentType: 'text/plain',
    body: JSON.stringify({ sql, format, params }),
  }),
  savedQueries: [{ name: 'generations', question: 'Which generations are there?', sql: 'SELECT 1', params: [] }],
  status: () => statusForTests(),
  clock: new VirtualClock(),
});

interface OpenApiPaths {
  readonly openapi: string;
  readonly paths: Record<
    string,
    { get?: { responses?: Record<string, { content?: Record<string, { schema: object }> }> } }
  >;
}

test('every JSON answer is what the OpenAPI document says it is', async (t) => {
  const { get } = await appOf(t);
  const document = (await get('/api/openapi.json')).json<OpenApiPaths>();
  match(document.openapi, /^3\.1/);
  const ajv = new Ajv({ strict: false });
  const asked = {
    '/api/tiers': '/api/tiers',
    '/api/status': '/api/status',
    '/api/queries': '/api/queries',
    '/api/tiers/{tier}/series': '/api/tiers/web.prod/series',
    '/api/tiers/{tier}/hosts': '/api/tiers/web.prod/hosts',
  };
  for (const [path, url] of Object.entries(asked)) {
    const schema = document.paths[path]?.get?.responses?.['200']?.content?.['application/json']?.schema;
    ok(schema, path);
    const answer = await get(url);
    equal(answer.statusCode, 200, url);
    ok(ajv.validate(schema, answer.json()), `${url}: ${ajv.errorsText()}`);
  }
});

test('the OpenAPI document lists every route that is not a page', async (t) => {
  const { get } = await appOf(t, {
    writes: [{ path: 'topology', summary: 'Applies an inventory.', run: async () => ({}) }],
  });
  deepEqual(Object.keys((await get('/api/openapi.json')).json<OpenApiPaths>().paths).sort(), [
    '/api/capacity',
    '/api/loadtests',
    '/api/loadtests/{tier}/series',
    '/api/openapi.json',
    '/api/queries',
    '/api/query',
    '/api/status',
    '/api/stream',
    '/api/tiers',
    '/api/tiers/{tier}/hosts',
    '/api/tiers/{tier}/series',
    '/api/topology',
    '/healthz',
    '/metrics',
    '/readyz',
  ]);
  match((await get('/api/docs')).body, /GET \/api\/query/);
});

test('a query without a format is asked for as JSONCompact, with its parameters', async (t) => {
  const { get } = await appOf(t);
  deepEqual((await get('/api/query?sql=SELECT%20%7Bx:UInt8%7D&param_x=7')).json(), {
    sql: 'SELECT {x:UInt8}',
    format: 'JSONCompact',
    params: { x: '7' },
  });
});

test('a query answers as a file when it is to be saved, and streams', async (t) => {
  const { get } = await appOf(t, {
    queries: async () => ({ contentType: 'text/csv', body: Readable.from(['a,b\n', '1,2\n']) }),
  });
  const answer = await get('/api/query?sql=SELECT%201&format=CSV&download=true');
  equal(answer.body, 'a,b\n1,2\n');
  equal(answer.headers['content-disposition'], 'attachment; filename="dynoscope.csv"');
});

const refusals: readonly [says: string, code: string, status: number][] = [
  ['bad SQL', 'DYNO_SINKS_BAD_SQL', 400],
  ['a write', 'DYNO_SINKS_NOT_READ_ONLY', 403],
  ['ClickHouse away', 'DYNO_SINKS_CLICKHOUSE_AWAY', 503],
  ['a query that takes too long', 'DYNO_SINKS_QUERY_TIMEOUT', 504],
];
for (const [says, code, status] of refusals)
  test(`${says} is answered with ${status} and {code, message}`, async (t) => {
    const { get } = await appOf(t, { queries: () => Promise.reject(new DynoError(code, 'it went wrong')) });
    const answer = await get('/api/query?sql=SELEC');
    equal(answer.statusCode, status);
    deepEqual(answer.json(), { code, message: 'it went wrong' });
  });

test('a fault of ours is answered without its text', async (t) => {
  const { get } = await appOf(t, { status: () => JSON.parse('{') });
  const answer = await get('/api/status');
  equal(answer.statusCode, 500);
  equal(answer.json<{ code: string }>().code, 'DYNO_OVERWATCH_FAULT');
});

test('missing SQL, an empty one, an unknown format and an unknown path are refused with a code', async (t) => {
  const { get } = await appOf(t);
  for (const [url, status, code] of [
    ['/api/query', 400, 'DYNO_OVERWATCH_BAD_REQUEST'],
    ['/api/query?sql=%20', 400, 'DYNO_OVERWATCH_BAD_SQL'],
    ['/api/query?sql=SELECT%201&format=Native', 400, 'DYNO_OVERWATCH_BAD_REQUEST'],
    ['/api/nothing', 404, 'DYNO_OVERWATCH_ROUTE_NOT_FOUND'],
    ['/api/tiers/none/hosts', 404, 'DYNO_OVERWATCH_TIER_NOT_FOUND'],
  ] as const) {
    const answer = await get(url);
    equal(answer.statusCode, status, url);
    equal(answer.json<{ code: string }>().code, code, url);
  }
});

test('no more than 8 queries run at one time', async (t) => {
  const ends: (() => void)[] = [];
  const { get } = await appOf(t, {
    queries: () => new Promise((resolve) => ends.push(() => resolve({ contentType: 'text/plain', body: 'x' }))),
  });
  const running = Array.from({ length: 8 }, () => get('/api/query?sql=SELECT%201'));
  while (ends.length < 8) await new Promise(setImmediate);
  equal((await get('/api/query?sql=SELECT%201')).statusCode, 503);
  for (const end of ends) end();
  for (const answer of running) equal((await answer).statusCode, 200);
});

test('a page of another site cannot read under its own name (DNS rebinding)', async (t) => {
  const { app } = await appOf(t);
  const statusFor = async (host: string) => (await app.inject({ url: '/api/status', headers: { host } })).statusCode;
  for (const good of ['127.0.0.1:8080', 'localhost:9', 'LOCALHOST', '[::1]:8080'])
    equal(await statusFor(good), 200, good);
  for (const bad of ['evil.example:8080', '127.0.0.1.evil.example', 'localhost@evil.example', '10.0.0.7:8080', 'a b'])
    equal(await statusFor(bad), 403, bad);
});

test('served on every interface, bare addresses are accepted and foreign names are not', async (t) => {
  const { app } = await appOf(t, { host: '0.0.0.0' });
  const statusFor = async (host: string) => (await app.inject({ url: '/healthz', headers: { host } })).statusCode;
  equal(await statusFor('10.0.0.7:8080'), 200);
  equal(await statusFor('evil.example'), 403);
});

test('a write needs the token and, from a browser, this very origin', async (t) => {
  const written: unknown[] = [];
  const { app } = await appOf(t, {
    writes: [
      {
        path: 'topology',
        summary: 'Applies an inventory.',
        run: async (body, who) => void written.push({ body, who }),
      },
    ],
  });
  const post = async (headers: Record<string, string>) =>
    (await app.inject({ method: 'POST', url: '/api/topology', headers: { host, ...headers }, payload: { hosts: [] } }))
      .statusCode;
  const authorization = `Bearer ${token}`;
  equal(await post({}), 401);
  equal(await post({ authorization: 'Bearer wrong' }), 401);
  equal(await post({ authorization, origin: 'http://evil.example' }), 403);
  equal(await post({ authorization, origin: 'null' }), 403);
  deepEqual(written, []);
  equal(await post({ authorization, origin: `http://${host}`, 'x-dyno-user': 'ann' }), 200);
  deepEqual(written, [{ body: { hosts: [] }, who: 'ann' }]);
});

test('every answer forbids foreign content and frames', async (t) => {
  const { get } = await appOf(t);
  for (const url of ['/', '/api/tiers', '/api/nothing', '/api/docs'])
    match(
      String((await get(url)).headers['content-security-policy']),
      /default-src 'none'.*frame-ancestors 'none'/,
      url,
    );
});

test('readiness follows the status, health does not', async (t) => {
  const { get } = await appOf(t, { status: () => ({ ...statusForTests(), ready: false, problems: ['starting'] }) });
  equal((await get('/healthz')).statusCode, 200);
  const answer = await get('/readyz');
  equal(answer.statusCode, 503);
  deepEqual(answer.json(), { ready: false, problems: ['starting'] });
  match((await get('/metrics')).body, /dyno_overwatch_stream_clients/);
});

test('the stream sends a snapshot at once and one each second of the clock', async (t) => {
  const dataDir = await temporaryFolder(t);
  const clock = new VirtualClock();
  const overwatch = await startOverwatch({ ...optionsFor(dataDir), clock });
  t.after(() => overwatch.close());
  const stop = new AbortController();
  const answer = await fetch(`${overwatch.url}/api/stream`, { signal: stop.signal });
  equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const snapshots = () => text.match(/^data: .*\n\n/gm) ?? [];
  const readUntil = async (count: number) => {
    while (snapshots().length < count) text += (await reader.read()).value ?? '';
  };
  await readUntil(1);
  await clock.advance(1_000);
  await readUntil(2);
  const { tiers, status } = JSON.parse(snapshots()[1]!.slice('data: '.length)) as {
    tiers: { now_ms: number; tiers: { tier: string }[] };
    status: { ready: boolean };
  };
  equal(tiers.now_ms, clock.nowMs());
  equal(tiers.tiers[0]?.tier, 'web.prod');
  equal(status.ready, true);
  stop.abort();
});

test('the address file appears for the owner alone, and goes when the server closes', async (t) => {
  const dataDir = await temporaryFolder(t);
  const overwatch = await startOverwatch(optionsFor(dataDir));
  const file = join(dataDir, 'api.json');
  equal((await stat(file)).mode & 0o777, 0o600);
  const address = JSON.parse(await readFile(file, 'utf8')) as { url: string; token: string; pid: number };
  equal(address.url, overwatch.url);
  equal(address.pid, process.pid);
  ok(address.token.length >= 32);
  await overwatch.close();
  equal(await readApiFile(dataDir), undefined);
});

test('a port that is taken is named, with what to do', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  await rejects(startOverwatch({ ...optionsFor('/nowhere'), port }), (error: DynoError) => {
    equal(error.code, 'DYNO_OVERWATCH_PORT_TAKEN');
    match(error.message, new RegExp(`port ${port} on 127.0.0.1 is taken.*--port`));
    return true;
  });
});

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dyno-overwatch-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
