import { join } from 'node:path';
import { logPublisherEvents } from '../agent/publisher/events.ts';
import { type Publisher, startPublisher } from '../agent/publisher/publisher.ts';
import { DynoError } from '../base/errors.ts';
import { logLines } from '../base/log-lines.ts';
import { loadSettings } from '../base/settings/load-settings.ts';
import type { Settings } from '../base/settings/settings.ts';
import type { Producer } from '../log/port.ts';
import { codecOf } from '../schemas/codec.ts';
import { counters } from '../schemas/counters.ts';
import { hostCountersSchema } from '../schemas/host-counters.ts';
import type { CommandCall } from './command.ts';

/** So that operators of the broker know whose connection it is. */
const clientId = 'dynolog';

/**
 * The publisher of an agent that runs by itself: to the Kafka and registry of the settings, with its spool in the data
 * directory. Without a broker there is nothing to publish to (an embedded log belongs to the process that runs it), and
 * the agent only samples.
 */
export async function openAgentPublisher(call: CommandCall): Promise<Publisher | undefined> {
  const settings = loadSettings({ cwd: process.cwd(), env: process.env });
  if (settings.log.kafkaBrokers.length === 0) {
    call.stderr.write(
      'dynoscope: KAFKA_BROKERS is not set, so samples are not published; "npm start" runs an agent with an embedded log.\n',
    );
    return undefined;
  }
  const { partitions } = settings.log;
  return startPublisher({
    name: 'agent',
    producer: () => openProducer(settings),
    registryUrl: registryUrlOf(settings),
    spoolDir: join(settings.dataDir, 'agent-spool'),
    spoolBytesMax: settings.agent.spoolBytesMax,
    counters: {
      topic: 'dyno.counters.v1',
      partitions,
      schemaJson: hostCountersSchema(),
      counterCount: counters.length,
    },
    systemInfo: { topic: 'dyno.systeminfo.v1', partitions, schemaJson: codecOf('dyno.systeminfo.v1').schemaJson },
    onEvent: logPublisherEvents(logLines('agent')),
  });
}

/** A producer with a connection of its own, which goes with it: after an outage everything is opened anew. */
async function openProducer({ log: settings }: Settings): Promise<Producer> {
  const { openKafkaLog } = await import('../log/kafka/open-kafka-log.ts');
  const { kafkaBrokers: brokers, sasl, ssl, replicationFactor } = settings;
  const log = await openKafkaLog({ brokers, sasl, ssl, replicationFactor, clientId });
  try {
    const producer = await log.producer();
    return { send: (records) => producer.send(records), close: () => log.close() };
  } catch (error) {
    await log.close();
    throw error;
  }
}

function registryUrlOf({ registry }: Settings): string {
  if (registry.url !== undefined) return registry.url;
  throw new DynoError(
    'DYNO_USAGE_AGENT',
    'KAFKA_BROKERS is set and SCHEMA_REGISTRY_URL is not: an agent that runs by itself needs both; ' +
      'a running "dynoscope start" prints the address of its registry as registryUrl',
  );
}
