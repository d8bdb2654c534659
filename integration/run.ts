import { readdirSync, readFileSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { whyNoKafka } from '../infra/kafka-local/requirements.ts';
import { startKafka } from '../infra/kafka-local/start-kafka.ts';
import { skipSummary } from './skip-summary.ts';

/**
 * Runs the tests across rooms: real servers, real processes, one process a file, one file at a time; beside them, one at
 * a time too, those that are in no hurry. `node dist/integration/run.js [part of a path …]`. Unit tests have
 * `base/testing/run.ts`. At the end it says what was skipped, why, and how to get it.
 */
const fileTimeoutMs = 600_000;
/** Those beside the others get what these leave. */
const unhurriedTimeoutMs = 1_800_000;

/** Slow or fast, they say the same: worlds on virtual time, and what is there after a program was killed at any moment. */
const unhurried = ['faults/backfill', 'faults/loadtests', 'faults/mutations', 'faults/simulation', 'kill/', 'oracle/'];
/** Mostly waiting: while they do, those beside them have the machine to themselves. */
const waiting = ['closed-loop/closed-loop', 'faults/real-processes', 'balancer/balancer', 'system/kafka-faults'];
const isOneOf = (parts: readonly string[], file: string): boolean =>
  parts.some((part) => file.slice(folder.length).startsWith(part));

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

interface Skipped {
  readonly name: string;
  readonly reason: string;
}

async function runInTurn(inTurn: readonly string[], timeout: number): Promise<readonly Skipped[]> {
  const skipped: Skipped[] = [];
  if (inTurn.length === 0) return skipped;
  const tests = run({ files: [...inTurn], concurrency: 1, timeout });
  tests.on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1;
  });
  tests.on('test:pass', ({ name, skip }) => {
    if (skip !== undefined && skip !== false) skipped.push({ name, reason: skip === true ? '' : skip });
  });
  for await (const text of tests.compose(new spec())) process.stdout.write(String(text));
  return skipped;
}

async function runFiles(): Promise<void> {
  const beside = files.filter((file) => isOneOf(unhurried, file));
  const others = files.filter((file) => !beside.includes(file));
  const first = others.filter((file) => isOneOf(waiting, file));
  const skipped = await Promise.all([
    runInTurn([...first, ...others.filter((file) => !first.includes(file))], fileTimeoutMs),
    runInTurn(beside, unhurriedTimeoutMs),
  ]);
  process.stdout.write(skipSummary(skipped.flat()));
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
