import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { SchemaRegistryClient } from '@confluentinc/schemaregistry';
import { hasCode } from '../../base/errors.ts';
import type { Log } from '../port.ts';
import { embeddedForTests } from '../testing/embedded-for-tests.ts';
import { readPlain } from '../testing/plain-records.ts';
import { startRegistry } from './start-registry.ts';

const record = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Host', fields });
const cpu = { name: 'cpu', type: 'double' };
const v1 = record(cpu);
const v2 = record(cpu, { name: 'memory', type: ['null', 'double'], default: null });
const withoutDefault = record(cpu, { name: 'memory', type: 'double' });
const empty = record();
const avro = (schema: string) => ({ schemaType: 'AVRO', schema });

interface Opened {
  readonly log: Log;
  readonly url: string;
  readonly client: SchemaRegistryClient;
  /** Another registry on the same log, as after a restart of the process. */
  restart(): Promise<SchemaRegistryClient>;
}

function registryTest(says: string, run: (opened: Opened) => Promise<void>): void {
  test(`registry: ${says}`, { timeout: 20_000 }, async () => {
    const opened = await embeddedForTests();
    let log: Log = opened.log;
    let registry = await startRegistry({ log });
    const clientOf = () => new SchemaRegistryClient({ baseURLs: [registry.url], maxRetries: 0 });
    try {
      await run({
        log,
        url: registry.url,
        client: clientOf(),
        restart: async () => {
          await registry.close();
          log = await opened.reopen();
          registry = await startRegistry({ log });
          return clientOf();
        },
      });
    } finally {
      await registry.close();
      await opened.cleanup();
    }
  });
}

registryTest('the same schema has one id, in every subject and whatever its layout', async ({ client, url }) => {
  equal(await client.register('a-value', avro(v1)), 1);
  const spaced = JSON.stringify(JSON.parse(v1), null, 2);
  equal(await post(`${url}/subjects/a-value/versions`, { schema: spaced }).then(({ body }) => body['id']), 1);
  equal(await client.register('b-value', avro(v1)), 1);
  equal(await client.register('b-value', avro(v2)), 2);
  deepEqual(await client.getAllSubjects(), ['a-value', 'b-value']);
  deepEqual(await client.getAllVersions('b-value'), [1, 2]);
  deepEqual(JSON.parse((await client.getBySubjectAndId('b-value', 2)).schema), JSON.parse(v2));
  equal((await client.getLatestSchemaMetadata('b-value')).version, 2);
  equal((await client.getSchemaMetadata('b-value', 1)).id, 1);
  equal(await client.getVersion('b-value', avro(v2)), 2);
  equal(await client.getId('a-value', avro(v1)), 1);
});

registryTest('schemas, levels and deletions survive a restart, and ids go on', async ({ client, restart, log }) => {
  await client.register('a-value', avro(v1));
  await client.register('a-value', avro(v2));
  await client.register('gone-value', avro(v1));
  await client.deleteSubject('gone-value');
  await client.updateCompatibility('a-value', 'NONE' as never);
  const keys = (await readPlain(log, { topic: '_schemas', partition: 0 })).map((each) => each.key);
  equal(keys[0], '{"keytype":"SCHEMA","subject":"a-value","version":1,"magic":1}');
  const again = await restart();
  deepEqual(await again.getAllSubjects(), ['a-value']);
  deepEqual(await again.getAllVersions('a-value'), [1, 2]);
  equal(await again.getCompatibility('a-value'), 'NONE');
  equal(await again.register('a-value', avro(v1)), 1);
  equal(await again.register('a-value', avro(withoutDefault)), 3);
});

const growth: [says: string, level: string, before: string, after: string, allowed: boolean][] = [
  ['a field with a default may be added for newer readers', 'BACKWARD', v1, v2, true],
  ['a field without a default may not be added for newer readers', 'BACKWARD', v1, withoutDefault, false],
  ['a field may be removed for newer readers', 'BACKWARD', withoutDefault, v1, true],
  ['a field without a default may not be removed for older readers', 'FORWARD', withoutDefault, v1, false],
  ['a field without a default may be added for older readers', 'FORWARD', v1, withoutDefault, true],
  ['both ways only a field with a default may be added', 'FULL', v1, v2, true],
  ['both ways a field without a default may not be added', 'FULL_TRANSITIVE', v1, withoutDefault, false],
  ['anything goes without a level', 'NONE', v1, withoutDefault, true],
];
for (const [says, level, before, after, allowed] of growth) {
  registryTest(`${level}: ${says}`, async ({ client }) => {
    await client.updateDefaultCompatibility(level as never);
    equal(await client.getDefaultCompatibility(), level);
    await client.register('a-value', avro(before));
    equal(await client.testCompatibility('a-value', 1, avro(after)), allowed);
    equal(await client.testSubjectCompatibility('a-value', avro(after)), allowed);
    if (allowed) equal(await client.register('a-value', avro(after)), 2);
    else await rejects(client.register('a-value', avro(after)), { status: 409, errorCode: 409 });
  });
}

registryTest('the default level asks all earlier versions, not only the last', async ({ client, url }) => {
  await client.register('a-value', avro(empty));
  await client.register('a-value', avro(record({ ...cpu, default: 0 })));
  const { status, body } = await post(`${url}/subjects/a-value/versions`, { schema: v1 });
  equal(status, 409);
  match(String(body['message']), /cannot read what version 1 wrote: no matching field for default-less Host\.cpu/);
  await client.updateCompatibility('a-value', 'BACKWARD' as never);
  equal(await client.register('a-value', avro(v1)), 3);
});

registryTest('a version or subject is hidden first and forgotten only then', async ({ client, url }) => {
  await client.register('a-value', avro(v1));
  await client.register('a-value', avro(v2));
  await rejects(client.deleteSubjectVersion('a-value', 1, true), { status: 404, errorCode: 40407 });
  equal(await client.deleteSubjectVersion('a-value', 1), 1);
  await rejects(client.deleteSubjectVersion('a-value', 1), { errorCode: 40406 });
  deepEqual(await client.getAllVersions('a-value'), [2]);
  deepEqual(await get(`${url}/subjects/a-value/versions?deleted=true`), [1, 2]);
  equal((await client.getSchemaMetadata('a-value', 1, true)).id, 1);
  equal(await client.deleteSubjectVersion('a-value', 1, true), 1);
  await rejects(client.deleteSubject('a-value', true), { errorCode: 40405 });
  deepEqual(await client.deleteSubject('a-value'), [2]);
  deepEqual(await client.deleteSubject('a-value', true), [2]);
  deepEqual(await client.getAllSubjects(), []);
  deepEqual(Object.keys((await get(`${url}/schemas/ids/2`)) as object), ['schema']);
});

registryTest("what is unknown or wrong is answered with Confluent's codes", async ({ client, url }) => {
  await rejects(client.getLatestSchemaMetadata('none'), { status: 404, errorCode: 40401 });
  await rejects(client.getBySubjectAndId('none', 99), { status: 404, errorCode: 40403 });
  await client.register('a-value', avro(v1));
  await rejects(client.getSchemaMetadata('a-value', 7), { errorCode: 40402 });
  await rejects(client.getId('a-value', avro(v2)), { errorCode: 40403 });
  await rejects(client.register('a-value', avro('{"type":"nonsense"}')), { status: 422, errorCode: 42201 });
  await rejects(client.updateDefaultCompatibility('SOME' as never), { status: 422, errorCode: 42203 });
  await rejects(client.getCompatibility('a-value'), { errorCode: 40408 });
  equal(((await get(`${url}/subjects/a-value/versions/0`)) as Record<string, unknown>)['error_code'], 42202);
  equal((await post(`${url}/subjects/a-value/versions`, { schema: v1, schemaType: 'PROTOBUF' })).status, 422);
  equal((await fetch(`${url}/subjects/a-value/versions`, { method: 'POST', body: '{}' })).status, 415);
  equal((await fetch(`${url}/nothing/here`)).status, 404);
});

registryTest('tools find types, mode, levels, uses of an id and raw schemas', async ({ client, url }) => {
  await client.register('a-value', avro(v1));
  await client.register('b-value', avro(v1));
  deepEqual(await get(`${url}/schemas/types`), ['AVRO']);
  deepEqual(await get(`${url}/mode`), { mode: 'READWRITE' });
  deepEqual(await get(`${url}/config`), { compatibilityLevel: 'BACKWARD_TRANSITIVE' });
  deepEqual(await get(`${url}/config/a-value?defaultToGlobal=true`), { compatibilityLevel: 'BACKWARD_TRANSITIVE' });
  deepEqual(await get(`${url}/schemas/ids/1/versions`), [
    { subject: 'a-value', version: 1 },
    { subject: 'b-value', version: 1 },
  ]);
  deepEqual(await get(`${url}/subjects/a-value/versions/latest/schema`), JSON.parse(v1));
  const verbose = await post(`${url}/compatibility/subjects/a-value/versions/latest?verbose=true`, {
    schema: withoutDefault,
  });
  equal(verbose.body['is_compatible'], false);
  equal((verbose.body['messages'] as string[]).length, 1);
  equal((await fetch(`${url}/subjects`)).headers.get('content-type'), 'application/vnd.schemaregistry.v1+json');
});

registryTest('registrations at the same moment get different ids', async ({ url }) => {
  const schemas = Array.from({ length: 20 }, (_, i) => record({ name: `counter${i}`, type: 'double' }));
  const answers = await Promise.all(schemas.map((schema, i) => post(`${url}/subjects/s${i}/versions`, { schema })));
  const ids = answers.map(({ body }) => Number(body['id'])).sort((a, b) => a - b);
  deepEqual(
    ids,
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});

test('registry: a taken port is named', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { log, cleanup } = await embeddedForTests();
  await rejects(startRegistry({ log, port }), (error: Error) => {
    match(error.message, new RegExp(`port ${port}`));
    return hasCode(error, 'DYNO_REGISTRY_PORT_TAKEN');
  });
  await cleanup();
  await new Promise((resolve) => other.close(resolve));
});

const get = async (url: string): Promise<unknown> => (await fetch(url)).json();

async function post(url: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
