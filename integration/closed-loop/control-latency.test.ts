import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowMarker } from '../../schemas/blocks.ts';
import type { LoadTestStep } from '../../schemas/load-test-records.ts';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import { controlLatency } from './control-latency.ts';

const closed = (source: number, closedThroughMs: number, appendMs: number) => {
  const value: WindowMarker = { kind: 'marker', source, sources: 2, epoch: 1, windowMs: 1_000, closedThroughMs };
  return { value, appendMs };
};
const decided = (commandSeq: number | undefined, timeMs: number) => ({
  value: { epoch: 1, commandSeq, timeMs } as LoadTestStep,
  appendMs: timeMs,
});
const command = (seq: number, appendMs: number) => ({ value: { epoch: 1, seq } as WeightCommand, appendMs });

test('a command counts from the newest second that all sources had closed when it was decided', () => {
  const seconds = [
    closed(0, 1_000, 2_100),
    closed(1, 1_000, 2_300),
    closed(0, 2_000, 3_100),
    // One source is a second behind: the second is complete with it.
    closed(1, 2_000, 4_200),
  ];
  const steps = [decided(1, 2_400), decided(undefined, 3_000), decided(2, 3_500), decided(3, 4_300)];
  const commands = [command(1, 2_500), command(2, 3_600), command(3, 4_400)];
  // 1.5 s, 2.6 s and 2.4 s.
  deepEqual(controlLatency({ seconds, steps, commands }), { commands: 3, p50S: 2.4, p99S: 2.596, maxS: 2.6 });
});
