import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { Settings } from '../base/settings/settings.ts';
import type { Log } from './port.ts';

export interface OpenLogOptions {
  readonly clock?: Clock;
  /** Label in the log's own tools. */
  readonly clientId?: string;
}

/**
 * Less than the 1 GB that the embedded log could keep: pages of its file that were read stay counted as memory of the
 * process, and the whole program has 1 GB. About 20 minutes of 240 hosts.
 */
const embeddedBytesMax = 350_000_000;

/** The log that the settings name: Kafka with brokers, else the embedded one in the data directory. Only that adapter is loaded. */
export async function openLog(
  settings: Settings,
  { clock = systemClock, clientId = 'dynoscope' }: OpenLogOptions = {},
): Promise<Log> {
  const { kafkaBrokers, sasl, ssl, replicationFactor } = settings.log;
  if (kafkaBrokers.length === 0) {
    const { openEmbeddedLog } = await import('./embedded/open-embedded-log.ts');
    return openEmbeddedLog({ dir: join(settings.dataDir, 'log'), clock, bytesMax: embeddedBytesMax });
  }
  const { openKafkaLog } = await import('./kafka/open-kafka-log.ts');
  return openKafkaLog({ brokers: kafkaBrokers, clientId, sasl, ssl, replicationFactor });
}
