import type { Clock } from '../../base/clock.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import { limits } from '../../operators/control/limits.ts';
import type { WriteRoute } from '../../overwatch/http/context.ts';
import { type AvroTopic, codecOf, subjectOf, type TopicValues } from '../../schemas/codec.ts';
import type { LoadTestStep } from '../../schemas/load-test-records.ts';
import { ValueReader } from '../balancer/value-reader.ts';
import { loadtestRequestIn, refuseUnsteered } from './loadtest-request.ts';
import type { LogAndRegistry } from './with-log-and-registry.ts';

export interface LoadtestWritten {
  /** What was done, a sentence. */
  readonly says: string;
  /** The newest decision of each tier, for status. */
  readonly tiers: readonly LoadTestStep[];
}

type Options = LogAndRegistry & {
  readonly clock: Clock;
  /** Tiers that are steered; undefined = not known here. */
  readonly steeredTiers: readonly string[] | undefined;
};

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
  const { action, tier, generation, what, scope = 'all', reason = 'no reason given', by } = loadtestRequestIn(body);
  const timeMs = options.clock.nowMs();
  if (action === 'status') return { says: '', tiers: await statusOf(options, tier) };
  if (action === 'kill' || action === 'unkill') {
    const value = { scope, engaged: action === 'kill', at: timeMs, by, reason };
    await send(options, 'loadbalancer.killswitch.v1', { key: scope, partition: () => 0, value });
    return { says: killWords(action, scope), tiers: [] };
  }
  if (options.steeredTiers !== undefined) refuseUnsteered(tier!, options.steeredTiers);
  const asked = action === 'disturb' ? 'disturbance' : action;
  const value = { timeMs, tier: tier!, action: asked, generation, what, reason, requestedBy: by };
  const partition = (partitions: number): number => partitionOf(tier!, partitions);
  await send(options, 'instantdyno.loadtest-requests.v1', { key: tier!, partition, value });
  return {
    says: `${askedWords[action]}: ${tier}. ${options.steeredTiers === undefined ? unknownWords : ''}"dynoscope loadtest status ${tier}" says what becomes of it.`,
    tiers: [],
  };
}

const askedWords = {
  start: 'A test is asked for',
  stop: `A test is to end, and none to begin for ${limits.cooldownStoppedS / 60} minutes unless start asks for one`,
  disturb: 'A test is to end, and none to begin for bake_minutes',
} as const;

const unknownWords =
  'No loadtests.yaml that can be read here names the steered tiers: only a running stage "loadtests" that steers this tier acts on it. ';

const killWords = (action: 'kill' | 'unkill', scope: string): string =>
  action === 'kill'
    ? `The kill switch of ${scope} is engaged: balancers go back to safe weights (with steady_weights: by_capacity, the last weights between tests), and stay there until "loadtest unkill".`
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

/** Of a tier that the file does not name any more there may be decisions; one of which there are none is misspelled. */
async function statusOf(options: Options, tier: string | undefined): Promise<LoadTestStep[]> {
  const found = await newestSteps(options, tier);
  if (found.length === 0 && tier !== undefined && options.steeredTiers !== undefined)
    refuseUnsteered(tier, options.steeredTiers);
  return found;
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
