import { writeSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { DynoError, isRetryable } from '../../base/errors.ts';
import { openEmbeddedLog } from '../embedded/open-embedded-log.ts';

/**
 * A process for tests to kill: commits one transaction after another, each over two topics, a compacted topic and the
 * group's offset, and prints the number of each after its commit has resolved. `writer-to-kill.js FOLDER [large]`;
 * with `large` it stops at the first refusal and prints what it was.
 */
const [dir, size] = process.argv.slice(2);
if (dir === undefined) throw new Error('usage: writer-to-kill.js FOLDER [large]');
const log = await openEmbeddedLog({ dir, clock: systemClock });
await log.createTopics([
  { name: 'first', partitions: 1, cleanup: 'delete', retentionMs: 3_600_000 },
  { name: 'second', partitions: 1, cleanup: 'delete', retentionMs: 3_600_000 },
  { name: 'state', partitions: 1, cleanup: 'compact', retentionMs: 3_600_000 },
]);
const owner = await log.transactionalProducer('writer');
const padding = size === 'large' ? `:${'x'.repeat(50_000)}` : '';
let acked = 0;
try {
  for (; ; acked += 1) await commit(acked);
} catch (error) {
  const refused = error instanceof DynoError ? error.code : String(error);
  // The same again must be refused the same way: the log is full, not broken.
  const again = await commit(acked).then(
    () => 'committed',
    (second: unknown) => (second instanceof DynoError ? second.code : String(second)),
  );
  print(
    JSON.stringify({
      refused: again === refused ? refused : `${refused}, then ${again}`,
      retryable: isRetryable(error),
      acked,
    }),
  );
  await log.close();
}

async function commit(number: number): Promise<void> {
  const value = Buffer.from(`${number}${padding}`);
  const transaction = await owner.begin();
  try {
    await transaction.send([
      { topic: 'first', partition: 0, key: null, value },
      { topic: 'second', partition: 0, key: null, value },
      { topic: 'state', partition: 0, key: Buffer.from(`key ${number % 10}`), value: Buffer.from(`${number}`) },
    ]);
    await transaction.sendOffsets('g', [{ topic: 'first', partition: 0, offset: number + 1, metadata: '' }]);
    await transaction.commit();
  } catch (error) {
    await transaction.abort().catch(() => {});
    throw error;
  }
  if (padding === '') print(`${number}`);
}

/** Past the stream's own buffer: an acknowledgement counts only when the reader can have seen it. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}
