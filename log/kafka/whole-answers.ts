import { answerMemory } from './answer-memory.ts';

const lengthBytes = 4;
const scratchBytes = 65_536;
/** Far above what is fetched at once: a length beyond it is not from a Kafka broker. */
const answerBytesMax = 2 ** 30;

/**
 * Cuts what a connection receives into answers, each in a buffer of its own that the kernel writes into: kafkajs takes
 * in pieces of 64 KB and then joins them, which costs a copy and, worse, twice the memory for the garbage collector to
 * follow. `next` says where to read to, `took` how much came; it answers what is whole now.
 */
export class WholeAnswers {
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes);
  /** Beginning of an answer whose length has not come yet. */
  #kept = 0;
  #answer: Buffer | undefined;
  #filled = 0;

  next(): Uint8Array {
    return this.#answer?.subarray(this.#filled) ?? this.#scratch.subarray(this.#kept);
  }

  /** Throws where the other side does not speak Kafka's protocol. */
  took(bytes: number): readonly Buffer[] {
    if (this.#answer !== undefined) {
      this.#filled += bytes;
      if (this.#filled < this.#answer.length) return [];
      const whole = this.#answer;
      this.#answer = undefined;
      return [whole];
    }
    return this.#cut(this.#kept + bytes);
  }

  #cut(end: number): readonly Buffer[] {
    const whole: Buffer[] = [];
    let at = 0;
    while (end - at >= lengthBytes) {
      const bytes = lengthBytes + this.#lengthAt(at);
      const answer = bytes > scratchBytes ? answerMemory(bytes) : Buffer.allocUnsafe(bytes);
      const there = Math.min(answer.length, end - at);
      this.#scratch.copy(answer, 0, at, at + there);
      at += there;
      if (there < answer.length) {
        this.#answer = answer;
        this.#filled = there;
        break;
      }
      whole.push(answer);
    }
    this.#scratch.copyWithin(0, at, end);
    this.#kept = end - at;
    return whole;
  }

  #lengthAt(at: number): number {
    const length = this.#scratch.readInt32BE(at);
    if (length >= 0 && length <= answerBytesMax) return length;
    throw new Error(`an answer of ${length} bytes was announced: what listens there is not a Kafka broker`);
  }
}
