import { deepEqual } from 'node:assert/strict';
import type { Log } from '../../../log/port.ts';
import type { BadRecord } from '../../system/bad-records.ts';

/** Each record that had to be rejected is in the dead-letter topic once, with the bytes that it had, and no other. */
export async function checkDeadLetters(log: Log, bad: readonly BadRecord[]): Promise<void> {
  const topic = 'dyno.counters.v1.dlq';
  const found: string[] = [];
  for (const partition of (await log.topicState(topic)).endOffsets.keys())
    for await (const { values } of log.read({ topic, partition }))
      for (const value of values) found.push(value?.toString('hex') ?? 'null');
  const wanted = bad.flatMap(({ reason, value }) => (reason === undefined ? [] : [value.toString('hex')]));
  deepEqual(found.sort(), wanted.sort());
}
