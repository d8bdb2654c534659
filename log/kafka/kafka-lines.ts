import { logLines } from '../../base/log-lines.ts';
import { type logCreator, logLevel } from './kafkajs.ts';

const lines = logLines('log');

/** What kafkajs reports as an error although it is the normal way of a group, of a start, or of its own retries. */
const ordinary = [
  /rebalanc/i,
  /not the correct coordinator/i,
  /coordinator is (loading|not available|not aware)/i,
  /loading hence can't process/i,
  /Limiting retries for the idempotent producer/,
  /ongoing transaction/i,
  /concurrent transaction/i,
  /Failed to (connect to seed broker|send messages)/,
  /^(Connection|Crash|Response|Restarting)/,
  /Closed connection/,
  /does not host this topic-partition/,
  /member id/i,
  /old epoch/,
];

export interface OffsetReset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/**
 * kafkajs's own lines as ours. Outages are told once by whoever suffers them, in our words, so what kafkajs says of each
 * of its retries goes to `debug`. The one thing it tells nowhere else is told to `onOffsetReset`.
 */
export function kafkaLines(onOffsetReset: (reset: OffsetReset) => void): logCreator {
  return () => (entry) => {
    const { message, groupId, topic, partition } = entry.log;
    if (message.startsWith('Offset out of range, resetting')) {
      onOffsetReset({ group: String(groupId), topic: String(topic), partition: Number(partition) });
      return;
    }
    const facts = { event: 'kafkajs', namespace: entry.namespace, says: message };
    const quiet = entry.level > logLevel.WARN || ordinary.some((pattern) => pattern.test(message));
    lines[quiet ? 'debug' : 'warn'](facts, 'The Kafka client said something.');
  };
}
