import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { answerMemory, hold, release } from './answer-memory.ts';

test('memory is used again when all who held it have released it, not before', () => {
  const answer = answerMemory(300_000);
  equal(answer.length, 300_000);
  hold(answer.buffer);
  hold(answer.buffer);
  release(answer.buffer);
  ok(answerMemory(300_000).buffer !== answer.buffer);
  release(answer.buffer);
  const next = answerMemory(290_000);
  ok(next.buffer === answer.buffer);
  equal(next.length, 290_000);
});

test('memory that was not lent, or is released once more, is nobody else’s', () => {
  const own = Buffer.alloc(2_000_000);
  release(own.buffer);
  ok(answerMemory(1_500_000).buffer !== own.buffer);
  const answer = answerMemory(5_000_000);
  hold(answer.buffer);
  release(answer.buffer);
  release(answer.buffer);
  const again = answerMemory(5_000_000);
  ok(again.buffer === answer.buffer);
  release(answer.buffer);
  ok(answerMemory(5_000_000).buffer !== again.buffer);
});

test('a small answer does not take the memory of a large one', () => {
  const large = answerMemory(40_000_000);
  hold(large.buffer);
  release(large.buffer);
  ok(answerMemory(100_000).buffer !== large.buffer);
});
