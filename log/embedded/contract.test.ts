import { logContract } from '../contract.ts';
import { embeddedForTests } from '../testing/embedded-for-tests.ts';
import type { EmbeddedLog } from './open-embedded-log.ts';

logContract('embedded log', () => embeddedForTests(), {
  timeoutMs: 10_000,
  propertyRuns: 30,
  compactNow: (log, topic) => (log as EmbeddedLog).compactNow(topic),
});
