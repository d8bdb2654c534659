import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { hasCode, isRetryable } from '../../base/errors.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { openRegistryClient } from './client.ts';

const schema = '{"type":"string"}';

/** A registry that knows the ids of a set and counts the questions. */
async function scripted(
  run: (at: { url: string; known: Set<number>; asked: string[]; stop(): Promise<void> }) => Promise<void>,
) {
  const known = new Set<number>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const found = known.has(Number(/ids\/(\d+)/.exec(request.url ?? '')?.[1]));
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(found ? { schema } : { error_code: 40403, message: 'Schema not found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  try {
    await run({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, known, asked, stop });
  } finally {
    if (server.listening) await stop();
  }
}

test('registry client: an id is asked for once, also by many at a time, and kept', () =>
  scripted(async ({ url, known, asked }) => {
    known.add(4);
    const client = openRegistryClient({ url, clock: new VirtualClock() });
    deepEqual(await Promise.all([client.schemaById(4), client.schemaById(4)]), [schema, schema]);
    equal(await client.schemaById(4), schema);
    equal(asked.length, 1);
  }));

test('registry client: an unknown id is undefined and asked for again after ten seconds', () =>
  scripted(async ({ url, known, asked }) => {
    const clock = new VirtualClock();
    const client = openRegistryClient({ url, clock });
    equal(await client.schemaById(9), undefined);
    known.add(9);
    equal(await client.schemaById(9), undefined);
    equal(asked.length, 1);
    await clock.advance(10_000);
    equal(await client.schemaById(9), schema);
  }));

test('registry client: an outage is retryable and what is known stays known', () =>
  scripted(async ({ url, known, stop }) => {
    known.add(1);
    const client = openRegistryClient({ url, clock: new VirtualClock() });
    await client.schemaById(1);
    await stop();
    const unreachable = (error: unknown) => hasCode(error, 'DYNO_REGISTRY_UNREACHABLE') && isRetryable(error);
    await rejects(client.schemaById(2), unreachable);
    await rejects(client.register('a-value', schema), unreachable);
    equal(await client.schemaById(1), schema);
  }));
