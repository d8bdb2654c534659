import { parentPort, workerData } from 'node:worker_threads';
// Only the client: the package's front door also loads its key services and rules, 1.2 s of a restart.
import { SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js';
import { messageOf } from '../../base/errors.ts';
import type { ThreadAnswer, ThreadQuestion } from './ask-thread.ts';

/** The thread that holds Confluent's client: one registry, answers in the order in which they are ready. */
const { url, timeoutMs } = workerData as { readonly url: string; readonly timeoutMs: number };
// No retries of its own: who asks pauses and asks again, and says so meanwhile.
const client = new SchemaRegistryClient({
  baseURLs: [url],
  maxRetries: 0,
  createAxiosDefaults: { timeout: timeoutMs },
});

parentPort!.on('message', (question: ThreadQuestion) => {
  answerTo(question).then(
    (value) => say({ number: question.number, value }),
    (error: unknown) => say({ number: question.number, error: { message: messageOf(error), status: statusOf(error) } }),
  );
});

async function answerTo(question: ThreadQuestion): Promise<string | number> {
  if (question.kind === 'schema') return (await client.getBySubjectAndId('', question.id)).schema;
  return client.register(question.subject, { schema: question.schemaJson, schemaType: 'AVRO' });
}

const say = (answer: ThreadAnswer): void => parentPort!.postMessage(answer);

const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
