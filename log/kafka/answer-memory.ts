import { giveBack, lendBuffer } from '../../base/lent-memory.ts';

/** By how many each answer is still held. Nobody's entry keeps the memory alive. */
const holders = new WeakMap<ArrayBufferLike, number>();

/** Memory for an answer, lent again once all who held it have released it. What is never released is simply collected. */
export function answerMemory(bytes: number): Buffer {
  const answer = lendBuffer(bytes);
  holders.set(answer.buffer, 0);
  return answer;
}

/** Says that something in that memory will be read. */
export function hold(memory: ArrayBufferLike): void {
  const count = holders.get(memory);
  if (count !== undefined) holders.set(memory, count + 1);
}

/** Says that it will not any more: when all have said so, the next answer may be written over it. */
export function release(memory: ArrayBufferLike): void {
  const count = holders.get(memory) ?? 0;
  if (count === 0) return;
  holders.set(memory, count - 1);
  if (count > 1) return;
  holders.delete(memory);
  giveBack(memory);
}
