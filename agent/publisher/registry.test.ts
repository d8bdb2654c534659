import { equal, rejects } from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { hasCode } from '../../base/errors.ts';
import { registerSchema } from './registry.ts';

async function urlOf(context: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const register = (registryUrl: string) =>
  registerSchema({ registryUrl, subject: 'dyno.counters.v1-value', schemaJson: '"long"', clock: systemClock });

test('a schema is posted under its subject and the id comes back', async (context) => {
  let asked = '';
  const url = await urlOf(context, (request, response) => {
    request.on('data', (chunk) => (asked += chunk)).on('end', () => response.end('{"id":12}'));
    asked = `${request.method} ${request.url} `;
  });
  equal(await register(`${url}/`), 12);
  equal(asked, 'POST /subjects/dyno.counters.v1-value/versions {"schemaType":"AVRO","schema":"\\"long\\""}');
});

test('a refusal is told with its status and may pass', async (context) => {
  const url = await urlOf(context, (_, response) => response.writeHead(409).end('{"message":"incompatible"}'));
  await rejects(register(url), (error) => hasCode(error, 'DYNO_AGENT_REGISTRY_REFUSED') && `${error}`.includes('409'));
});

test('an answer that is no registry’s is refused', async (context) => {
  const url = await urlOf(context, (_, response) => response.end('<html>'));
  await rejects(register(url), (error) => hasCode(error, 'DYNO_AGENT_REGISTRY_REFUSED'));
});

test('a registry that is not there is told with its address', async () => {
  await rejects(register('http://127.0.0.1:1'), (error) => hasCode(error, 'DYNO_AGENT_REGISTRY_UNREACHABLE'));
});
