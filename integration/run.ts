import { readdirSync, readFileSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { whyNoKafka } from '../infra/kafka-local/requirements.ts';
import { startKafka } from '../infra/kafka-local/start-kafka.ts';
import { skipSummary } from './skip-summary.ts';

/**
 * Runs the tests across rooms: real servers, real processes, one process a file, one file at a time.
 * `node dist/integration/run.js [part of a path …]`. Unit tests have `base/testing/run.ts`. At the end it says what was
 * skipped, why, and how to get it.
 */
const fileTimeoutMs = 600_000;

const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.js') && !path.startsWith('tidy/'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .sort()
  .map((path) => `${folder}${path}`);

/** One broker for all files that ask for one; a file that runs alone starts its own. */
async function startSharedBroker(): Promise<{ close(): Promise<void> } | undefined> {
  const asksForBroker = files.some((file) => readFileSync(file, 'utf8').includes('test-broker'));
  if (!asksForBroker || process.env['KAFKA_TEST_BROKERS'] !== undefined || whyNoKafka() !== undefined) return undefined;
  const broker = await startKafka({ say: (line) => void process.stderr.write(`${line}\n`) });
  process.env['KAFKA_TEST_BROKERS'] = broker.bootstrap;
  return broker;
}

async function runFiles(): Promise<void> {
  const skipped: { name: string; reason: string }[] = [];
  const tests = run({ files, concurrency: 1, timeout: fileTimeoutMs });
  tests.on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1;
  });
  tests.on('test:pass', ({ name, skip }) => {
    if (skip !== undefined && skip !== false) skipped.push({ name, reason: skip === true ? '' : skip });
  });
  for await (const text of tests.compose(new spec())) process.stdout.write(String(text));
  process.stdout.write(skipSummary(skipped));
}

if (files.length > 0) {
  process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --enable-source-maps`.trim();
  const broker = await startSharedBroker();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void broker?.close().finally(() => process.exit(1)));
  try {
    await runFiles();
  } finally {
    await broker?.close();
  }
}
