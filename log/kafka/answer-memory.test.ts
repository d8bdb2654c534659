import { equal, notEqual } from 'node:assert/strict';
import test from 'node:test';
import { answerMemory, hold, release } from './answer-memory.ts';

test('memory is used again when all who held it have released it, not before', () => {
  const answer = answerMemory(300_000);
  equal(answer.length, 300_000);
  hold(answer.buffer);
  hold(answer.buffer);
  release(answer.buffer);
  notEqual(answerMemory(300_000).buffer, answer.buffer);
  release(answer.buffer);
  const next = answerMemory(200_000);
  equal(next.buffer, answer.buffer);
  equal(next.length, 200_000);
});

test('memory that was not lent, or is released once more, is nobody else’s', () => {
  const own = Buffer.alloc(2_000_000);
  release(own.buffer);
  notEqual(answerMemory(1_500_000).buffer, own.buffer);
  const answer = answerMemory(5_000_000);
  hold(answer.buffer);
  release(answer.buffer);
  release(answer.buffer);
  const again = answerMemory(5_000_000);
  equal(again.buffer, answer.buffer);
  release(answer.buffer);
  notEqual(answerMemory(5_000_000).buffer, again.buffer);
});

test('a small answer does not take the memory of a large one', () => {
  const large = answerMemory(40_000_000);
  hold(large.buffer);
  release(large.buffer);
  notEqual(answerMemory(100_000).buffer, large.buffer);
});
