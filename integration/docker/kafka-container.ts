import { KafkaContainer } from '@testcontainers/kafka';
import type { TestBroker } from '../kafka/test-broker.ts';

/** Confluent's build of Apache Kafka 4.1, the image that testcontainers knows how to configure. */
const image = 'confluentinc/cp-kafka:8.1.0';
const clientPort = 9093;

/** A broker in Docker, with the settings of the local one as far as tests depend on them. */
export async function startKafkaContainer(): Promise<TestBroker> {
  const container = await new KafkaContainer(image)
    .withKraft()
    .withEnvironment({
      KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE: 'LogAppendTime',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    })
    .start();
  return {
    bootstrap: `${container.getHost()}:${container.getMappedPort(clientPort)}`,
    close: async () => void (await container.stop()),
  };
}
