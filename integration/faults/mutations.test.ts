import { match, notEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { controlMutations } from './mutations/control-mutations.ts';
import { mutatedBuild } from './mutations/mutated-build.ts';
import { type Mutation, mutations } from './mutations/mutations.ts';

const execute = promisify(execFile);

async function firstFailure(mutation: Mutation | undefined, worlds: object = {}): Promise<string> {
  const build = mutatedBuild(mutation);
  try {
    const program = build.file('integration/faults/mutations/first-failure.js');
    return (await execute(process.execPath, [program, JSON.stringify(worlds)])).stdout.trim();
  } finally {
    build.remove();
  }
}

test('worlds of the build as it is do not fail', async () => {
  match(await firstFailure(undefined, { first: 8 }), /^none failed$/);
});

function showsItself(mutation: Mutation): void {
  test(`without ${mutation.name}: a world fails`, async (t) => {
    const failure = await firstFailure(mutation, mutation.worlds && { worlds: mutation.worlds });
    t.diagnostic(failure);
    notEqual(failure, 'none failed');
  });
}

for (const mutation of mutations) showsItself(mutation);

// One world each, so one core each.
describe('load tests', { concurrency: availableParallelism() }, () => {
  for (const mutation of controlMutations) showsItself(mutation);
});
