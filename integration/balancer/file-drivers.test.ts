import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { type LocalKafka, startKafka } from '../../infra/kafka-local/start-kafka.ts';
import { AssignmentFile } from '../../sinks/loadbalancer/envoy/assignment-file.ts';
import { EnvoyDriver } from '../../sinks/loadbalancer/envoy/envoy.ts';
import { FakeEnvoy } from '../../sinks/loadbalancer/testing/fake-envoy.ts';
import { withOwnBroker } from '../kafka/test-broker.ts';
import type { ProgramEvent } from '../program/program.ts';
import { atEnd, freshFolder, until } from '../system/running.ts';
import { moved, type NamedWeights, SteeredPool, safe } from './balancer-process.ts';
import { placeOn, untilHeard } from './commands.ts';
import { NginxProcess, whyNoNginx } from './nginx-process.ts';

/** `dynoscope balancer` over a real Kafka before balancers that take their weights from a file. */
const nginxTest = 'dynoscope balancer on a real NGINX: steady weights by its template, a check, a reload, and back';
const steady = { mode: 'steady' } as const;
let broker: LocalKafka;

withOwnBroker('dynoscope balancer on balancers with a file', () => {
  before(async () => {
    broker = await startKafka();
  });
  after(() => broker.close());

  test(nginxTest, { skip: whyNoNginx() ?? false, timeout: 120_000 }, nginx);
  test(
    'dynoscope balancer on the file of an Envoy: it steers, and says that it knows the file alone',
    {
      timeout: 60_000,
    },
    envoyFile,
  );
  test(
    "dynoscope balancer on an Envoy that tells what it uses: a refusal is seen, silence doesn't keep safe weights away",
    {
      timeout: 60_000,
    },
    envoyAdmin,
  );
});

async function nginx(t: TestContext): Promise<void> {
  const balancer = await NginxProcess.start();
  atEnd(t, () => balancer.close());
  const { commands, env } = await placeOn(t, broker.bootstrap);
  const flags = [...balancer.flags, '--safe-weight', '100'];
  const pool = new SteeredPool(t, { pool: 'nginx', env, flags, reader: balancer });
  await pool.startBalancer();
  match(pool.program.stderr, /at most one change in 55 s, no load tests; the file is read back, not what the balancer/);
  await untilHeard(pool, commands, steady);

  const since = pool.program.events.length;
  await commands.send(pool, moved);
  const refused = await pool.said(({ status }) => status === 'rejected_mode', since);
  match(String(refused['reason']), /^This balancer cannot serve mode test: it changes too slowly\./);

  const workersBefore = balancer.workers;
  await commands.send(pool, moved, steady);
  const applied = await pool.said(({ status }) => status === 'applied', since);
  equal(applied['reason'], 'Written and read back. Read from its file: what the balancer uses is not told.');
  t.diagnostic(
    `a steady command is in NGINX's file and reloaded ${Math.round(Number(applied['latencyMs']))} ms after its receipt`,
  );
  // Renewed meanwhile: it has to stand when the signal comes.
  await splits(balancer, moved, () => commands.send(pool, moved, steady));
  ok(balancer.workers !== workersBefore, 'a reload brings other workers');

  await commands.send(pool, { ...moved, s1: 140 }, steady);
  await pool.said(({ status }) => status === 'rejected_rate', since);

  const startedMs = performance.now();
  equal(await pool.program.signal('SIGTERM'), 0, pool.program.stderr);
  t.diagnostic(`SIGTERM: safe weights and ended after ${Math.round(performance.now() - startedMs)} ms`);
  const stopped = pool.program.events.find(({ status }) => status === 'reverted_stopped');
  deepEqual([weightsIn(stopped, 'before'), weightsIn(stopped, 'readback')], [moved, safe]);
  deepEqual(await pool.weights(), safe);
  await splits(balancer, safe);

  await pool.startBalancer();
  await untilHeard(pool, commands, steady);
  appendFileSync(balancer.checkConfig, 'nonsense;\n');
  await commands.send(pool, moved, steady);
  await pool.said(({ status }) => status === 'readback_mismatch');
  match(pool.program.stderr, /the check of .*web\.upstream failed: .*unknown directive .*nonsense/);
  deepEqual(await pool.weights(), safe);
  await splits(balancer, safe);
  equal(await pool.program.signal('SIGTERM'), 0, pool.program.stderr);
}

function weightsIn(report: ProgramEvent | undefined, which: string): NamedWeights {
  const listed = (report?.[which] ?? []) as readonly { readonly server: string; readonly weight: number }[];
  return Object.fromEntries(listed.map(({ server, weight }) => [server, weight]));
}

/** Old workers take requests for a moment after a reload: rounds are asked until one is split as the weights say. */
async function splits(
  balancer: NginxProcess,
  weights: NamedWeights,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<void> {
  const round = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  await until(`requests split as ${JSON.stringify(weights)}`, 10_000, async () => {
    await meanwhile();
    const counts = await balancer.answersOf(round);
    return Object.entries(weights).every(([server, weight]) => Math.abs((counts[server] ?? 0) - weight) <= 1)
      ? true
      : undefined;
  });
}

/** A file with safe weights, as an operator writes it, and the flags that steer it. */
async function envoyPool(t: TestContext) {
  const endpoints = new Map([1, 2, 3].map((n) => [`s${n}`, { address: '127.0.0.1', port: 8_080 + n }]));
  const pool = { file: join(freshFolder(t), 'web.json'), cluster: 'web', endpoints };
  const file = new AssignmentFile(pool);
  file.put(new Map(Object.entries(safe)), '0.0');
  const listed = [...endpoints].map(([server, { address, port }]) => `${server}=${address}:${port}`).join(',');
  const flags = ['--envoy', pool.file, '--cluster', 'web', '--endpoints', listed, '--safe-weight', '100'];
  const reader = new EnvoyDriver(pool);
  return { path: pool.file, flags, reader, ...(await placeOn(t, broker.bootstrap)) };
}

async function envoyFile(t: TestContext): Promise<void> {
  const { path, flags, reader, commands, env } = await envoyPool(t);
  const pool = new SteeredPool(t, { pool: 'envoy-file', env, flags, reader });
  await pool.startBalancer();
  match(pool.program.stderr, /only this file is read back, not what Envoy uses: give --envoy-admin/);
  await untilHeard(pool, commands);
  const id = await commands.send(pool, moved);
  const applied = await pool.said(({ status, commandId }) => status === 'applied' && commandId === id);
  equal(applied['reason'], 'Written and read back. Read from its file: what Envoy uses is not told.');
  const { version_info, resources } = JSON.parse(readFileSync(path, 'utf8'));
  match(version_info, /^1\.\d+$/);
  deepEqual(
    resources[0].endpoints[0].lb_endpoints.map(
      (endpoint: Record<string, unknown>) => endpoint['load_balancing_weight'],
    ),
    [150_000, 60_000, 120_000],
  );
  equal(await pool.program.signal('SIGTERM'), 0, pool.program.stderr);
  deepEqual(await pool.weights(), safe);
}

async function envoyAdmin(t: TestContext): Promise<void> {
  const { path, flags, reader, commands, env } = await envoyPool(t);
  const envoy = await FakeEnvoy.start(path, 'web');
  atEnd(t, () => envoy.close());
  const admin = ['--envoy-admin', `127.0.0.1:${envoy.port}`];
  const pool = new SteeredPool(t, { pool: 'envoy-admin', env, flags: [...flags, ...admin], reader });
  await pool.startBalancer();
  await untilHeard(pool, commands);
  const id = await commands.send(pool, moved);
  const applied = await pool.said(({ status, commandId }) => status === 'applied' && commandId === id);
  equal(applied['reason'], 'Written and read back.');
  deepEqual(envoy.weights, [150_000, 60_000, 120_000]);

  envoy.refuses = (weights) => weights[0] === 140_000;
  const refusedId = await commands.send(pool, { ...moved, s1: 140 });
  const refused = await pool.said(({ status, commandId }) => status === 'readback_mismatch' && commandId === refusedId);
  equal(refused['reason'], 'The balancer has other weights.');
  match(pool.program.stderr, /Envoy refused it; its counter web\.update_rejected or \.update_failure rose/);
  await pool.said(({ status, commandId }) => status === 'reverted_mismatch' && commandId === refusedId);
  deepEqual(envoy.weights, [100_000, 100_000, 100_000]);

  const liveId = await commands.send(pool, moved);
  await pool.said(({ status, commandId }) => status === 'applied' && commandId === liveId);
  envoy.statusCode = 503;
  const since = pool.program.events.length;
  await commands.send(pool, { ...moved, s1: 160 });
  const unsure = await pool.said(({ status }) => status === 'rejected_rails', since);
  match(String(unsure['reason']), /^0 of 3 servers are healthy.* Read from its file alone: Envoy's .* answers 503 to/);
  equal(await pool.program.signal('SIGTERM'), 0, pool.program.stderr);
  deepEqual(await pool.weights(), safe);
}
