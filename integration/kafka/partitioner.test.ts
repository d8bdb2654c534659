import { equal } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import test from 'node:test';
import { fetchKafkaJars } from '../../infra/kafka-local/jars.ts';
import { whyNoKafka } from '../../infra/kafka-local/requirements.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import { partitionOf } from '../../log/partitioner.ts';
import { withBroker } from './test-broker.ts';

const partitions = 24;
const keyCount = 1_000;

await withBroker('the partitioner over Kafka', (bootstrap) => {
  const skip = whyNoKafka() ?? false;
  test("our partition of a key is that of Kafka's own Java producer", { timeout: 60_000, skip }, async () => {
    const log = await openKafkaLog({ brokers: [bootstrap], clientId: 'test', replicationFactor: 1 });
    try {
      const topic = `partitioner-${randomUUID().slice(0, 8)}`;
      await log.createTopics([{ name: topic, partitions, cleanup: 'delete', retentionMs: 3_600_000 }]);
      const keys = Array.from({ length: keyCount }, (_, i) => `${'ключ-web-'.slice(0, i % 10)}${i}`);
      await produceWithJava(bootstrap, topic, keys);
      let seen = 0;
      for (let partition = 0; partition < partitions; partition++) {
        for await (const batch of log.read({ topic, partition })) {
          for (const key of batch.keys) equal(partitionOf(key!, partitions), partition, `key ${key}`);
          seen += batch.count;
        }
      }
      equal(seen, keyCount);
    } finally {
      await log.close();
    }
  });
});

async function produceWithJava(bootstrap: string, topic: string, keys: readonly string[]): Promise<void> {
  const jars = join(await fetchKafkaJars(() => {}), '*');
  const arguments_ = ['--bootstrap-server', bootstrap, '--topic', topic, '--property', 'parse.key=true'];
  const java = spawn(
    'java',
    ['-Dfile.encoding=UTF-8', '-cp', jars, 'org.apache.kafka.tools.ConsoleProducer', ...arguments_],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
    },
  );
  let said = '';
  java.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  java.stdin.end(keys.map((key) => `${key}\tv\n`).join(''));
  const status = await new Promise((resolve) => java.once('close', resolve));
  equal(status, 0, said);
}
