import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { sameOffsets } from './ownership.ts';
import { markedWith, takeOversIn } from './take-over-mark.ts';

const offset = (metadata: string) => ({ topic: 't', partition: 3, offset: 10, metadata });

test('a successor that has come no further leaves other offsets than the owner before it', () => {
  const [mine] = markedWith(1, [offset('{"position":12,"windows":"a"}')]);
  const [theirs] = markedWith(takeOversIn([mine]) + 1, [mine!]);
  equal(sameOffsets([theirs], [mine!]), false);
  deepEqual(JSON.parse(theirs!.metadata), { position: 12, windows: 'a', takeOvers: 2 });
  equal(sameOffsets(markedWith(1, [offset('{"position":12,"windows":"a"}')]), [mine!]), true);
});

test('offsets without a mark, of an older program or another tool, count as never taken over', () => {
  deepEqual(
    ['', '{', '3', '{"position":1}', '{"takeOvers":"2"}', '{"takeOvers":-0.5}'].map((text) =>
      takeOversIn([offset(text)]),
    ),
    [0, 0, 0, 0, 0, 0],
  );
  equal(takeOversIn([undefined, offset('{"takeOvers":4}'), offset('{"takeOvers":2}')]), 4);
  equal(markedWith(2, [offset('of another tool')])[0]!.metadata, 'of another tool');
});
