import type { Clock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import type { WriteRoute } from '../../overwatch/http/context.ts';
import { type AvroTopic, codecOf, subjectOf, type TopicValues } from '../../schemas/codec.ts';
import { disturbancesTold, type LoadTestStep } from '../../schemas/load-test-records.ts';
import { ValueReader } from '../balancer/value-reader.ts';
import type { LogAndRegistry } from './with-log-and-registry.ts';

export const loadtestActions = ['status', 'start', 'stop', 'disturb', 'kill', 'unkill'] as const;
export type LoadtestAction = (typeof loadtestActions)[number];

/** What `loadtest` sends to a running program. */
export interface LoadtestWrite {
  readonly action: LoadtestAction;
  /** Of start, stop and disturb; of status, to see one tier only. */
  readonly tier?: string;
  readonly generation?: string;
  /** Of disturb: what has happened, a `DisturbanceTold`. */
  readonly what?: string;
  /** Of kill and unkill: `all`, `tier:NAME` or `pool:NAME`. */
  readonly scope?: string;
  readonly reason: string;
  readonly by: string;
}

export interface LoadtestWritten {
  /** What was done, a sentence. */
  readonly says: string;
  /** The newest decision of each tier, for status. */
  readonly tiers: readonly LoadTestStep[];
}

type Options = LogAndRegistry & { readonly clock: Clock };

const stepsTopic = 'instantdyno.loadtests.v1';
/** Decisions of a partition that are looked at: of a minute, where ten tiers are in it. */
const stepsRead = 600;

/** `POST /api/loadtest` of a program that holds the log or the registry. */
export const loadtestWrite = (options: Options): WriteRoute => ({
  path: 'loadtest',
  summary:
    'Load tests: {action: status, start, stop, disturb, kill or unkill, tier, generation, what, scope, reason, by}. Answers what was done.',
  run: (body) => loadtestDone(options, body),
});

/** Says it to the log; whoever steers, or serves a balancer, hears it there. The kill switch needs no controller. */
export async function loadtestDone(options: Options, body: unknown): Promise<LoadtestWritten> {
  const wanted = writeOf(body);
  const { action, tier, generation, what, scope = 'all', reason, by } = wanted;
  const timeMs = options.clock.nowMs();
  if (action === 'status') return { says: '', tiers: await newestSteps(options, tier) };
  if (action === 'kill' || action === 'unkill') {
    const value = { scope, engaged: action === 'kill', at: timeMs, by, reason };
    await send(options, 'loadbalancer.killswitch.v1', { key: scope, partition: () => 0, value });
    return { says: killWords(action, scope), tiers: [] };
  }
  const asked = action === 'disturb' ? 'disturbance' : action;
  const value = { timeMs, tier: tier!, action: asked, generation, what, reason, requestedBy: by };
  const partition = (partitions: number): number => partitionOf(tier!, partitions);
  await send(options, 'instantdyno.loadtest-requests.v1', { key: tier!, partition, value });
  return {
    says: `${askedWords[action]}: ${tier}. "dynoscope loadtest status ${tier}" says what becomes of it.`,
    tiers: [],
  };
}

const askedWords = {
  start: 'A test is asked for',
  stop: 'The test is to end',
  disturb: 'A test is to end, and none to begin for bake_minutes',
} as const;

const killWords = (action: 'kill' | 'unkill', scope: string): string =>
  action === 'kill'
    ? `The kill switch of ${scope} is engaged: balancers go back to safe weights, and stay there until "loadtest unkill".`
    : `The kill switch of ${scope} is off: load tests may go on after their cooldown.`;

interface Sent<T> {
  readonly key: string;
  readonly partition: (partitions: number) => number;
  readonly value: T;
}

async function send<T extends AvroTopic>(
  { log, registry }: Options,
  topic: T,
  { key, partition, value }: Sent<TopicValues[T]>,
): Promise<void> {
  const codec = codecOf(topic);
  const schemaId = await registry.register(subjectOf(topic), codec.schemaJson);
  const partitions = (await log.topicState(topic)).endOffsets.length;
  const producer = await log.producer();
  try {
    const record = { topic, partition: partition(partitions), key: Buffer.from(key) };
    await producer.send([{ ...record, value: codec.encode(value, schemaId) }]);
  } finally {
    await producer.close();
  }
}

/** The newest decision of each tier, in the order of their names. */
async function newestSteps({ log, registry }: Options, tier: string | undefined): Promise<LoadTestStep[]> {
  const { startOffsets, endOffsets } = await log.topicState(stepsTopic);
  const reader = new ValueReader(stepsTopic, registry);
  const newest = new Map<string, LoadTestStep>();
  const partitions = tier === undefined ? [...endOffsets.keys()] : [partitionOf(tier, endOffsets.length)];
  for (const partition of partitions) {
    const from = Math.max(startOffsets[partition] ?? 0, (endOffsets[partition] ?? 0) - stepsRead);
    for await (const step of stepsOf(log, reader, { partition, from })) newest.set(step.tier, step);
  }
  const wanted = [...newest.values()].filter((step) => tier === undefined || step.tier === tier);
  return wanted.sort((a, b) => (a.tier < b.tier ? -1 : 1));
}

async function* stepsOf(
  log: Log,
  reader: ValueReader<typeof stepsTopic>,
  { partition, from }: { readonly partition: number; readonly from: number },
): AsyncGenerator<LoadTestStep> {
  for await (const batch of log.read({ topic: stepsTopic, partition }, from))
    for (let at = 0; at < batch.count; at++) {
      const value = batch.values.at(at);
      const step = value === null || value === undefined ? undefined : await reader.read(value, batch.offsets[at]!);
      if (step !== undefined) yield step;
    }
}

function writeOf(body: unknown): LoadtestWrite {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Partial<Record<string, unknown>>;
  const { action, tier, generation, what, scope, reason, by } = fields;
  const known = loadtestActions.find((each) => each === action);
  const isText = (value: unknown): boolean => value === undefined || (typeof value === 'string' && value !== '');
  const needsTier = known === 'start' || known === 'stop' || known === 'disturb';
  const isWhat = known === 'disturb' ? disturbancesTold.some((each) => each === what) : what === undefined;
  const isScope = scope === undefined || (typeof scope === 'string' && /^(all|(tier|pool):.+)$/.test(scope));
  const isTier = isText(tier) && (!needsTier || tier !== undefined);
  if (known === undefined || !isTier || !isText(generation) || !isWhat || !isScope)
    throw new DynoError(
      'DYNO_USAGE_LOADTEST',
      `${JSON.stringify(body).slice(0, 200)} is no request: write one of ${loadtestActions.join(', ')}; start, stop and disturb need a tier; disturb says what: one of ${disturbancesTold.join(', ')}; a scope is all, tier:NAME or pool:NAME`,
    );
  const words = {
    reason: typeof reason === 'string' ? reason : 'no reason given',
    by: typeof by === 'string' ? by : 'unknown',
  };
  return { action: known, ...words, ...optional({ tier, generation, what, scope }) };
}

const optional = (fields: Readonly<Record<string, unknown>>): { readonly [key: string]: string } =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === 'string'));
