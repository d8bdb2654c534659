import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { keepBalancerAlive } from './parent.ts';

/** A child that writes each of its lives into a file and then does what the words say. */
function childThat(t: TestContext, words: string) {
  const folder = mkdtempSync(join(tmpdir(), 'dynoscope-parent-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [childFile, livesFile] = [join(folder, 'child.mjs'), join(folder, 'lives')];
  writeFileSync(livesFile, '');
  writeFileSync(
    childFile,
    `import { appendFileSync } from 'node:fs';
     const { once, lives } = JSON.parse(process.argv[2]);
     const live = (what) => appendFileSync(lives, what + '\\n');
     ${words}`,
  );
  const livesNow = (): string[] => readFileSync(livesFile, 'utf8').trim().split('\n');
  return { childFile, childOptions: { lives: livesFile }, livesNow };
}

/** Runs the parent until it has said so much. */
async function parentUntil(child: ReturnType<typeof childThat>, wordsCount: number) {
  const stop = new AbortController();
  const words: string[] = [];
  const stderr = { write: (said: string) => (words.push(said) === wordsCount ? stop.abort() : undefined) };
  const code = await keepBalancerAlive({ ...child, signal: stop.signal, stderr });
  return { code, words };
}

test('a child that dies starts again; at the end one more restores safe weights, as the last could not say that it did', async (t) => {
  const child = childThat(
    t,
    `live(once ? 'restores' : 'runs'); if (once) process.exit(0); process.kill(process.pid, 'SIGKILL');`,
  );
  const { code, words } = await parentUntil(child, 2);
  equal(code, 0);
  deepEqual(child.livesNow(), ['runs', 'runs', 'restores']);
  match(words[0]!, /the adapter ended \(SIGKILL\); it starts again/);
});

test('safe weights that cannot be read back at the end are told, exit code 1', async (t) => {
  const child = childThat(t, `live('runs'); process.exit(1);`);
  const { code, words } = await parentUntil(child, 1);
  equal(code, 1);
  match(words.at(-1)!, /safe weights could not be read back/);
});
