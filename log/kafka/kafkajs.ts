// First: what kafkajs loads of itself must be ours already where we replace it. So nothing else may import 'kafkajs'.
import './kafkajs-faster.ts';

export {
  type Admin,
  AssignerProtocol,
  type Assignment,
  type Consumer,
  default as kafkajs,
  type ISocketFactory,
  Kafka,
  type KafkaConfig,
  type logCreator,
  logLevel,
  type Message,
  type PartitionAssigner,
  Partitioners,
  type Producer,
  type SASLOptions,
  type TopicMessages,
  type Transaction,
} from 'kafkajs';
