import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WindowMarker } from '../../schemas/blocks.ts';
import { CompleteWindows, type SequencedMessage, type SourcedBlock } from './complete-windows.ts';

interface TestBlock extends SourcedBlock {
  readonly kind: 'block';
  readonly text: string;
}

const block = (source: number, windowEndMs: number, part = 0, epoch = 1): TestBlock => ({
  kind: 'block',
  windowEndMs,
  windowMs: 1_000,
  source,
  sources: 2,
  epoch,
  part,
  text: `${source}.${part}@${windowEndMs}`,
});
const marker = (source: number, closedThroughMs: number, sources = 2, epoch = 1): WindowMarker => ({
  kind: 'marker',
  source,
  sources,
  epoch,
  windowMs: 1_000,
  closedThroughMs,
});
type Message = TestBlock | WindowMarker;

const inOrder = (messages: readonly Message[]): SequencedMessage<TestBlock>[] =>
  messages.map((message, offset) => ({ offset, message }));
const fresh = () => new CompleteWindows<TestBlock>({ epoch: 1 });
const shown = (out: ReturnType<CompleteWindows<TestBlock>['push']>) =>
  out.map((completion) =>
    completion.kind === 'through'
      ? `through ${completion.closedThroughMs}`
      : `${completion.windowEndMs}: ${completion.blocks.map(({ text }) => text).join(' ')}`,
  );
const run = (messages: readonly Message[], windows = fresh()) =>
  shown(windows.push(inOrder(messages), { nextOffset: messages.length, replayed: false }));

test('a window is complete when every source has closed it, and not before', () => {
  deepEqual(run([block(0, 1_000), marker(0, 1_000), block(1, 1_000)]), []);
  deepEqual(run([block(0, 1_000), marker(0, 1_000), block(1, 1_000), marker(1, 1_000)]), [
    '1000: 0.0@1000 1.0@1000',
    'through 1000',
  ]);
});

test('blocks come in ascending source and part whatever their arrival, windows in ascending time', () => {
  const late = [block(1, 2_000, 1), block(1, 1_000), block(0, 2_000, 2), block(1, 2_000), block(0, 2_000)];
  deepEqual(run([...late, marker(1, 2_000), marker(0, 2_000)]), [
    '1000: 1.0@1000',
    '2000: 0.0@2000 0.2@2000 1.0@2000 1.1@2000',
    'through 2000',
  ]);
});

test('time goes on without blocks: markers alone move it', () => {
  deepEqual(run([marker(0, 5_000), marker(1, 3_000), marker(1, 9_000)]), ['through 3000', 'through 5000']);
});

test('the largest count of sources seen decides', () => {
  deepEqual(run([marker(0, 1_000, 1), marker(1, 1_000, 3), marker(0, 2_000, 1), marker(1, 2_000), marker(2, 1_000)]), [
    'through 1000',
  ]);
});

test('another epoch is passed over', () => {
  const windows = fresh();
  deepEqual(run([block(0, 1_000, 0, 2), marker(0, 1_000, 2, 2), marker(1, 1_000, 2, 2)], windows), []);
  equal(windows.ignoredEpochs, 3);
  equal(windows.openWindows, 0);
});

test('a block after completion is counted and given to nobody', () => {
  const windows = fresh();
  deepEqual(run([marker(0, 1_000), marker(1, 1_000), block(0, 1_000)], windows), ['through 1000']);
  equal(windows.lateBlocks, 1);
});

test('a source that never returns does not fill the memory', () => {
  const windows = new CompleteWindows<TestBlock>({ epoch: 1, windowsOpenMax: 2 });
  deepEqual(run([marker(0, 9_000), block(0, 3_000), block(0, 1_000), block(0, 2_000)], windows), [
    '1000: 0.0@1000',
    'through 1000',
  ]);
  equal(windows.incompleteWindows, 1);
});

test('what waits for such a source is bounded by its memory too, and given up oldest first', () => {
  const windows = new CompleteWindows<TestBlock>({ epoch: 1, bytesOpenMax: 250, bytesOf: () => 100 });
  deepEqual(run([block(0, 3_000), block(0, 1_000), block(0, 2_000), block(0, 3_000, 1)], windows), [
    '1000: 0.0@1000',
    'through 1000',
    '2000: 0.0@2000',
    'through 2000',
  ]);
  equal(windows.incompleteWindows, 2);
  deepEqual(run([marker(0, 3_000), marker(1, 3_000)], windows), ['3000: 0.0@3000 0.1@3000', 'through 3000']);
});

test('blocks that come again after a restart count as before, and say nothing', () => {
  const options = { epoch: 1, bytesOpenMax: 250, bytesOf: () => 100 };
  const before = new CompleteWindows<TestBlock>(options);
  const messages = [block(0, 1_000), block(0, 2_000)];
  run(messages, before);
  const after = new CompleteWindows<TestBlock>({ ...options, restored: before.checkpoint().metadata });
  deepEqual(after.push(inOrder(messages), { nextOffset: 2, replayed: true }), []);
  const next = [{ offset: 2, message: block(0, 3_000) }];
  deepEqual(shown(after.push(next, { nextOffset: 3, replayed: false })), ['1000: 0.0@1000', 'through 1000']);
});

test('the low offset is the first block of the oldest open window, else the position', () => {
  const windows = fresh();
  const low = () => windows.checkpoint().lowOffset;
  run([block(0, 2_000), block(0, 1_000), marker(0, 2_000)], windows);
  equal(low(), 0);
  windows.push([{ offset: 3, message: marker(1, 2_000) }], { nextOffset: 5, replayed: false });
  equal(low(), 5);
});

const sourcesCount = 3;
/** What three sources write: each in its own order, mixed at random. */
const logs = fc
  .array(fc.record({ source: fc.nat(sourcesCount - 1), advance: fc.boolean(), ahead: fc.nat(3), part: fc.nat(2) }), {
    maxLength: 60,
  })
  .map((steps) => {
    const closed = new Array<number>(sourcesCount).fill(0);
    return steps.map(({ source, advance, ahead, part }): Message => {
      if (!advance) return block(source, closed[source]! + 1_000 * (ahead + 1), part);
      closed[source] = closed[source]! + 1_000 * (ahead + 1);
      return marker(source, closed[source]!, sourcesCount);
    });
  });

test('any cut into batches and any restarts give the same windows as one uninterrupted run', () => {
  fc.assert(
    fc.property(
      logs,
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), crash: fc.boolean() })),
      (log, cuts) => {
        const wanted = run(log);
        const got: string[] = [];
        let windows = fresh();
        let position = 0;
        for (const { size, crash } of [...cuts, { size: log.length, crash: false }]) {
          const end = Math.min(log.length, position + size);
          const slice = inOrder(log).slice(position, end);
          got.push(...shown(windows.push(slice, { nextOffset: end, replayed: false })));
          position = end;
          if (!crash) continue;
          const { lowOffset, metadata } = windows.checkpoint();
          ok(metadata.length <= 3_000);
          windows = new CompleteWindows<TestBlock>({ epoch: 1, restored: metadata });
          const again = inOrder(log).slice(lowOffset, position);
          deepEqual(windows.push(again, { nextOffset: position, replayed: true }), []);
        }
        deepEqual(got, wanted);
      },
    ),
  );
});
