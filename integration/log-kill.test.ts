import { deepEqual, equal, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import { openEmbeddedLog } from '../log/embedded/open-embedded-log.ts';
import { readPlain } from '../log/testing/plain-records.ts';

const writer = fileURLToPath(new URL('../log/testing/writer-to-kill.js', import.meta.url));

/** Kills fall at any moment: while nothing runs, in a commit, in the upkeep. */
for (const acksBeforeKill of [1, 150, 2_500, 12_000]) {
  test(`kill -9 after ${acksBeforeKill} acknowledged commits loses none of them and halves nothing`, {
    timeout: 60_000,
  }, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'dyno-kill-'));
    const killed = start(dir);
    const acked = await ackedUntilKilled(killed, acksBeforeKill);
    ok(acked.length >= acksBeforeKill);
    const log = await openEmbeddedLog({ dir, clock: systemClock });
    const [first, second, state] = await Promise.all(
      ['first', 'second', 'state'].map((topic) => readPlain(log, { topic, partition: 0 })),
    );
    const values = first!.map((each) => each.value);
    deepEqual(
      values,
      Array.from({ length: values.length }, (_, i) => `${i}`),
      'a commit is missing or out of order',
    );
    ok(values.length > acked.at(-1)!, `commit ${acked.at(-1)} was acknowledged, ${values.length} are there`);
    deepEqual(
      second!.map((each) => each.value),
      values,
      'a transaction was halved',
    );
    equal(state!.at(-1)!.value, values.at(-1), 'the compacted topic lost its newest value');
    const [offset] = await log.committedOffsets('g', [{ topic: 'first', partition: 0 }]);
    equal(offset!.offset, values.length, 'the offsets are not those of the last commit');
    await log.close();
    rmSync(dir, { recursive: true });
  });
}

test('a folder held by a living process is refused, and taken over when that was killed', {
  timeout: 60_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'dyno-kill-'));
  const holder = start(dir);
  await firstLine(holder);
  const refusal = await openEmbeddedLog({ dir, clock: systemClock }).then(
    () => undefined,
    (error: unknown) => error,
  );
  ok(hasCode(refusal, 'DYNO_LOG_DIR_IN_USE'));
  ok(String(refusal).includes(`process ${holder.pid}`));
  await kill(holder);
  await (await openEmbeddedLog({ dir, clock: systemClock })).close();
  rmSync(dir, { recursive: true });
});

test('a full disk refuses appends retryably, halves nothing, and the log goes on when there is room', {
  timeout: 60_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'dyno-kill-'));
  // A file size limit is met by the same write as a full disk, and needs no disk of its own.
  const limited = spawn('bash', ['-c', `ulimit -f 4000; exec "$0" "$1" "$2" large`, process.execPath, writer, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  for await (const line of createInterface({ input: limited.stdout! })) last = line;
  const { refused, retryable, acked } = JSON.parse(last) as { refused: string; retryable: boolean; acked: number };
  deepEqual({ refused, retryable }, { refused: 'DYNO_LOG_DISK_FULL', retryable: true });
  const log = await openEmbeddedLog({ dir, clock: systemClock });
  const first = await readPlain(log, { topic: 'first', partition: 0 });
  const second = await readPlain(log, { topic: 'second', partition: 0 });
  equal(first.length, acked);
  equal(second.length, acked);
  const producer = await log.producer();
  await producer.send([{ topic: 'first', partition: 0, key: null, value: Buffer.alloc(100_000) }]);
  deepEqual((await log.topicState('first')).endOffsets, [acked + 1]);
  await log.close();
  rmSync(dir, { recursive: true });
});

const start = (dir: string): ChildProcess =>
  spawn(process.execPath, [writer, dir], { stdio: ['ignore', 'pipe', 'inherit'] });

async function ackedUntilKilled(child: ChildProcess, acks: number): Promise<number[]> {
  const acked: number[] = [];
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout! })) {
    acked.push(Number(line));
    if (acked.length === acks) child.kill('SIGKILL');
  }
  await ended;
  return acked;
}

async function firstLine(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => createInterface({ input: child.stdout! }).once('line', () => resolve()));
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
