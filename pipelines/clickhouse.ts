import { blockFeeds, type Feed, recordFeeds } from './clickhouse/feeds.ts';
import { type InsertSources, sourceOf } from './clickhouse/insert-sources.ts';
import type { Stage, TaskIdentity } from './runtime/stage.ts';
import { writerSchemas } from './writer-schemas.ts';

export interface ClickhouseStageOptions {
  /** Topics of blocks only, for a backfill: single records have no other epoch. */
  readonly windowsOnly?: boolean;
}

/**
 * Every result topic into ClickHouse, one task a topic-partition. Topics of blocks are inserted by completed windows,
 * topics of single records as they come. What is inserted depends on the log alone, so a repeat after a crash carries
 * the same token or is skipped by the resume check; ClickHouse being away stops nothing but this stage.
 */
export function clickhouseStage(sources: InsertSources, options: ClickhouseStageOptions = {}): Stage {
  const wanted = options.windowsOnly === true ? blockFeeds() : [...blockFeeds(), ...recordFeeds()];
  const feeds = new Map<string, Feed>(wanted.map((feed) => [feed.topic, feed]));
  const newest = new Map<string, ReadonlyMap<string, number>>();
  const lessons = new Map<string, ReturnType<typeof writerSchemas>>();
  const feedOf = (topic: string | undefined): Feed => {
    const feed = feeds.get(topic ?? '');
    if (feed === undefined)
      throw new Error(`the stage clickhouse has no feed for topic ${topic}: a defect of the runtime`);
    return feed;
  };
  return {
    name: 'clickhouse',
    inputs: [...feeds.keys()],
    assignment: 'single',
    outputs: [],
    delivery: 'insert',
    prepare: async (batch) => {
      const { topic, learner } = feedOf(batch.topic);
      if (learner === undefined) return;
      const learn = lessons.get(topic) ?? writerSchemas(learner, sources.schemaById);
      lessons.set(topic, learn);
      await learn(batch.values);
    },
    beforeStart: async (identity) => {
      newest.set(sourceOf(identity), await newestByTable(feedOf(identity.topics[0]), identity, sources));
    },
    graph: (start) => {
      const src = sourceOf(start.identity);
      const { rowFormat = 'TabSeparated' } = sources;
      return feedOf(start.identity.topics[0]).graph({ start, src, newest: newest.get(src) ?? new Map(), rowFormat });
    },
  };
}

async function newestByTable(
  feed: Feed,
  identity: TaskIdentity,
  sources: InsertSources,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const table of feed.tables) {
    const newest = await sources.newestInserted({ table, src: sourceOf(identity), epoch: identity.epoch });
    if (newest !== undefined) found.set(table, newest);
  }
  return found;
}
