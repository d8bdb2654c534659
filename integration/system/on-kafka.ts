import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type LocalKafka, startKafka } from '../../infra/kafka-local/start-kafka.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import type { Log } from '../../log/port.ts';
import { atEnd, freshFolder } from './running.ts';

export const partitions = 4;

/** Topics have fixed names, so each test has a broker of its own, and a data folder with settings for few partitions. */
export interface Place {
  readonly broker: LocalKafka;
  readonly dataDir: string;
  readonly config: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export async function placeOnKafka(t: TestContext): Promise<Place> {
  const broker = await startKafka();
  atEnd(t, () => broker.close());
  const dataDir = freshFolder(t);
  const config = join(dataDir, 'few-partitions.yaml');
  writeFileSync(config, `log:\n  partitions: ${partitions}\n`);
  const args = ['--data', dataDir, '--config', config];
  return { broker, dataDir, config, args, env: { KAFKA_BROKERS: broker.bootstrap } };
}

/** A look at the broker from outside the program. */
export async function openLogOf(t: TestContext, { broker }: Place): Promise<Log> {
  const log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'system-test', replicationFactor: 1 });
  atEnd(t, () => log.close());
  return log;
}
