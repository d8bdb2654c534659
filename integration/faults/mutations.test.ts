import { match, notEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { mutatedBuild } from './mutations/mutated-build.ts';
import { type Mutation, mutations } from './mutations/mutations.ts';

const execute = promisify(execFile);

async function firstFailure(mutation: Mutation | undefined, args: readonly string[] = []): Promise<string> {
  const build = mutatedBuild(mutation);
  try {
    const program = build.file('integration/faults/mutations/first-failure.js');
    return (await execute(process.execPath, [program, ...args])).stdout.trim();
  } finally {
    build.remove();
  }
}

test('worlds of the build as it is do not fail', async () => {
  match(await firstFailure(undefined, ['8']), /^none failed$/);
});

for (const mutation of mutations)
  test(`without ${mutation.name}: a world fails`, async (t) => {
    const failure = await firstFailure(mutation);
    t.diagnostic(failure);
    notEqual(failure, 'none failed');
  });
