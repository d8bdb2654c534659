import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { WeightApplied, WeightCommand } from '../../schemas/weight-records.ts';
import { unexplained } from './audit.ts';

const weights = (s1: number) => [
  { server: 's1', weight: s1 },
  { server: 's2', weight: 100 },
];

function command(seq: number, s1: number): WeightCommand {
  return {
    commandId: `c${seq}`,
    pool: 'web',
    tier: 'web',
    epoch: 1,
    seq,
    issuedAt: 0,
    ttlMs: 10_000,
    mode: 'test',
    runId: 'run',
    weights: weights(s1).map((each) => ({ ...each, previous: undefined })),
    safeWeights: [],
    expectStateHash: '',
    reason: '',
    evidence: undefined,
    dryRun: false,
  };
}

function report(status: string, seq: number, s1: number): WeightApplied {
  const readback = weights(s1);
  const which = { commandId: `c${seq}`, runId: 'run', epoch: 1, seq };
  const common = { adapter: 'a', pool: 'web', tier: 'web', at: 0, reason: '', stateHash: '', latencyMs: 1 };
  return { ...common, ...which, status, before: [], after: [], readback };
}

const commands = [command(1, 108), command(2, 116)];
const cases: [says: string, reports: WeightApplied[], findings: string[]][] = [
  ['commands and reverts explain themselves', [report('applied', 1, 108), report('reverted_expired', 1, 100)], []],
  ['a command that nobody gave', [report('applied', 3, 108)], ['no such command is in the log']],
  ['weights of another command', [report('applied', 1, 116)], ['s1=116 s2=100 instead of s1=108 s2=100']],
  ['a change by nobody', [report('applied', 1, 108), report('observed', 1, 100)], ['weights changed to s1=100 s2=100']],
  ['nothing new is observed', [report('applied', 2, 116), report('observed', 2, 116)], []],
];
for (const [says, reports, findings] of cases) {
  test(`audit: ${says}`, () => {
    const found = unexplained(reports, commands).map((finding) => finding.slice(finding.indexOf(': ') + 2));
    deepEqual(found, findings);
  });
}
