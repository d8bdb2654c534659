import { delay, systemClock } from '../../base/clock.ts';
import type { Cleanup, TopicSettings, TopicState } from '../port.ts';
import { inOurWords } from './kafka-errors.ts';
import { type Admin, kafkajs } from './kafkajs.ts';

const cleanupPolicy: Readonly<Record<Cleanup, string>> = {
  delete: 'delete',
  compact: 'compact',
  'compact+delete': 'compact,delete',
};

/** Retention means nothing to a topic that is only compacted: it is neither set nor compared there. */
function configOf({ cleanup, retentionMs }: TopicSettings): Record<string, string> {
  return {
    'cleanup.policy': cleanupPolicy[cleanup],
    'message.timestamp.type': 'LogAppendTime',
    ...(cleanup === 'compact' ? {} : { 'retention.ms': String(retentionMs) }),
  };
}

export async function createTopics(
  admin: Admin,
  topics: readonly TopicSettings[],
  replicationFactor: number,
): Promise<void> {
  await inOurWords(`creating ${topics.length} topics`, async () => {
    const there = new Set(await admin.listTopics());
    const missing = topics.filter(({ name }) => !there.has(name));
    if (missing.length === 0) return;
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map((settings) => ({
        topic: settings.name,
        numPartitions: settings.partitions,
        replicationFactor,
        configEntries: Object.entries(configOf(settings)).map(([name, value]) => ({ name, value })),
      })),
    });
  });
}

/** One sentence per difference, in the order of the topics. */
export async function checkTopics(admin: Admin, topics: readonly TopicSettings[]): Promise<readonly string[]> {
  return inOurWords(`checking ${topics.length} topics`, async () => {
    const there = new Set(await admin.listTopics());
    const found = topics.filter(({ name }) => there.has(name));
    const configs = await configsOf(admin, found);
    const counts = await partitionCounts(admin, found);
    return topics.flatMap((settings) => {
      if (!there.has(settings.name)) return [`Topic ${settings.name} is missing.`];
      return differences(settings, counts.get(settings.name) ?? 0, configs.get(settings.name) ?? new Map());
    });
  });
}

function differences(settings: TopicSettings, partitions: number, config: ReadonlyMap<string, string>): string[] {
  const sentences: string[] = [];
  if (partitions !== settings.partitions)
    sentences.push(`Topic ${settings.name} has ${partitions} partitions, wanted are ${settings.partitions}.`);
  for (const [name, wanted] of Object.entries(configOf(settings))) {
    const is = config.get(name);
    if (sorted(is) !== sorted(wanted))
      sentences.push(`Topic ${settings.name} has ${name}=${is ?? 'unset'}, wanted is ${wanted}.`);
  }
  return sentences;
}

/** `delete,compact` is `compact,delete`. */
const sorted = (value: string | undefined): string | undefined => value?.split(',').sort().join();

async function configsOf(
  admin: Admin,
  topics: readonly TopicSettings[],
): Promise<Map<string, ReadonlyMap<string, string>>> {
  if (topics.length === 0) return new Map();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(({ name }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

async function partitionCounts(admin: Admin, topics: readonly TopicSettings[]): Promise<Map<string, number>> {
  if (topics.length === 0) return new Map();
  const metadata = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) });
  return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
}

export async function topicState(admin: Admin, topic: string): Promise<TopicState> {
  return inOurWords(`asking for the offsets of topic ${topic}`, async () => {
    const offsets = await whenLed(() => admin.fetchTopicOffsets(topic));
    offsets.sort((a, b) => a.partition - b.partition);
    return {
      topic,
      startOffsets: offsets.map(({ low }) => Number(low)),
      endOffsets: offsets.map(({ high }) => Number(high)),
    };
  });
}

/** A topic just created, or one whose leader moves, is led by nobody for a moment: that is no outage yet. */
const leaderlessMsMax = 10_000;
const askAgainMs = 100;
const leaderless = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION']);

async function whenLed<T>(ask: () => Promise<T>): Promise<T> {
  const untilMs = systemClock.monotonicMs() + leaderlessMsMax;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const type = (error as { type?: unknown }).type;
      if (!leaderless.has(String(type)) || systemClock.monotonicMs() > untilMs) throw error;
      await delay(systemClock, askAgainMs);
    }
  }
}
