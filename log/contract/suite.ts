import { randomUUID } from 'node:crypto';
import test from 'node:test';
import type { Log, TopicSettings } from '../port.ts';

export interface OpenedLog {
  readonly log: Log;
  /** Closes the log and removes what it left. */
  cleanup(): Promise<void>;
  /** Closes the log and opens another on the same data: a restart of the process. The answer replaces `log`. */
  reopen(): Promise<Log>;
}

export interface LogContractTraits {
  /** Bound of one test. */
  readonly timeoutMs: number;
  /** How many random histories the property test tries. */
  readonly propertyRuns: number;
  /** Compacts the topic before it resolves. Without it the log compacts some time later by itself and the test of its effect is left out. */
  readonly compactNow?: (log: Log, topic: string) => Promise<void>;
}

export interface Contract {
  readonly name: string;
  readonly open: () => Promise<OpenedLog>;
  readonly traits: LogContractTraits;
}

/** Registers one test with a log of its own. */
export function contractTest(contract: Contract, says: string, run: (opened: OpenedLog) => Promise<void>): void {
  test(`${contract.name}: ${says}`, { timeout: contract.traits.timeoutMs }, async () => {
    const opened = await contract.open();
    try {
      await run(opened);
    } finally {
      await opened.cleanup();
    }
  });
}

/** A name nobody else uses: tests share a broker. */
export const freshName = (what: string): string => `contract-${what}-${randomUUID().slice(0, 8)}`;

/** Creates one topic with a fresh name. */
export async function freshTopic(log: Log, settings: Partial<TopicSettings> = {}): Promise<string> {
  const name = freshName('topic');
  await log.createTopics([{ name, partitions: 1, cleanup: 'delete', retentionMs: 3_600_000, ...settings }]);
  return name;
}
