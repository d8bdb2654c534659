import type { Publisher } from '../agent/publisher/publisher.ts';
import { loadSettings } from '../base/settings/load-settings.ts';
import type { CommandCall } from './command.ts';

/**
 * The publisher of an agent that runs by itself: to the Kafka and registry of the settings. Without a broker there is
 * nothing to publish to (an embedded log belongs to the process that runs it), and the agent only samples.
 */
export async function openAgentPublisher(call: CommandCall): Promise<Publisher | undefined> {
  const settings = loadSettings({ cwd: process.cwd(), env: process.env });
  if (settings.log.kafkaBrokers.length > 0) throw new Error('waits for log/kafka');
  call.stderr.write(
    'dynoscope: KAFKA_BROKERS is not set, so samples are not published; "npm start" runs an agent with an embedded log.\n',
  );
  return undefined;
}
