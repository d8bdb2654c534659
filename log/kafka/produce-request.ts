import { lendBuffer } from '../../base/lent-memory.ts';
import { crc32c } from '../../native/crc32c.ts';

/** What kafkajs's producer hands to the encoder of its produce request. */
export interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null | undefined;
  readonly producerId?: unknown;
  readonly producerEpoch?: number;
  readonly compression?: number;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly ProducePartition[] }[];
}

export interface ProducePartition {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly ProduceMessage[];
}

export interface ProduceMessage {
  readonly key?: unknown;
  readonly value: unknown;
  readonly timestamp?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** Base offset, length, leader epoch, magic, CRC. */
const batchHeadBytes = 21;
/** From the attributes to the count of records. */
const batchFactsBytes = 40;
const magic = 2;
const transactional = 16;
/** Free bytes before a body, for the head that goes before it. */
export const headRoomBytes = 512;

/**
 * The body of a produce request (versions 3 to 7), the same bytes as kafkajs makes, written once into a buffer of the
 * right size: kafkajs copies each byte about ten times, from one growing buffer into the next. `headRoomBytes` before it in
 * its memory, which is lent, are free. `int64` writes a number as kafkajs keeps it.
 * `undefined` where something is not as we send it (compressed, times of its own, texts): kafkajs does it then.
 */
export function produceRequestBody(
  request: ProduceRequest,
  nowMs: number,
  int64: (value: unknown) => Buffer,
): Buffer | undefined {
  const { acks, timeout, transactionalId = null, topicData, compression = 0 } = request;
  if (compression !== 0 || !topicData.every(({ partitions }) => partitions.every(isPlain))) return undefined;
  const topics = topicData.map(({ topic, partitions }) => ({
    name: Buffer.from(topic),
    partitions: partitions.map((data) => ({ data, bytes: batchHeadBytes + batchFactsBytes + recordsBytes(data) })),
  }));
  const id = transactionalId === null ? undefined : Buffer.from(transactionalId);
  let length = 2 + (id?.length ?? 0) + 2 + 4 + 4;
  for (const { name, partitions } of topics) {
    length += 2 + name.length + 4;
    for (const { bytes } of partitions) length += 8 + bytes;
  }
  const writer = new Writer(length);
  writer.nullableText(id);
  writer.int16(acks);
  writer.int32(timeout);
  writer.int32(topics.length);
  const facts = {
    attributes: id === undefined ? 0 : transactional,
    nowMs: int64(nowMs),
    producerId: int64(request.producerId ?? -1),
    producerEpoch: request.producerEpoch ?? 0,
  };
  for (const { name, partitions } of topics) {
    writer.nullableText(name);
    writer.int32(partitions.length);
    for (const { data, bytes } of partitions) {
      writer.int32(data.partition);
      writer.int32(bytes);
      writer.batch(data, bytes, facts);
    }
  }
  return writer.bytes;
}

const isBytes = (part: unknown): part is Buffer | null | undefined =>
  part === null || part === undefined || Buffer.isBuffer(part);

const isPlain = ({ messages }: ProducePartition): boolean =>
  messages.length > 0 &&
  messages.every(
    ({ key, value, timestamp, headers }) =>
      isBytes(key) &&
      isBytes(value) &&
      (timestamp === undefined || timestamp === null) &&
      Object.values(headers ?? {}).every((header) => Buffer.isBuffer(header)),
  );

interface BatchFacts {
  readonly attributes: number;
  readonly nowMs: Buffer;
  readonly producerId: Buffer;
  readonly producerEpoch: number;
}

function recordsBytes({ messages }: ProducePartition): number {
  let bytes = 0;
  for (const [offsetDelta, message] of messages.entries()) {
    const length = recordLength(message, offsetDelta);
    bytes += varintBytes(length) + length;
  }
  return bytes;
}

/** Attributes, time, offset, key, value, headers. */
function recordLength({ key, value, headers }: ProduceMessage, offsetDelta: number): number {
  let length = 2 + varintBytes(offsetDelta) + nullableBytes(key) + nullableBytes(value);
  const entries = headers === undefined ? [] : Object.entries(headers);
  length += varintBytes(entries.length);
  for (const [name, header] of entries) {
    const nameBytes = Buffer.byteLength(name);
    length += varintBytes(nameBytes) + nameBytes + nullableBytes(header);
  }
  return length;
}

function nullableBytes(part: unknown): number {
  if (part === null || part === undefined) return 1;
  const { length } = part as Buffer;
  return varintBytes(length) + length;
}

/** Of a length or count, 0 to 2^30. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value * 2; rest >= 0x80; rest >>>= 7) bytes++;
  return bytes;
}

class Writer {
  readonly bytes: Buffer;
  #at = 0;

  constructor(length: number) {
    this.bytes = lendBuffer(headRoomBytes + length).subarray(headRoomBytes);
  }

  int16(value: number): void {
    this.#at = this.bytes.writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.bytes.writeInt32BE(value, this.#at);
  }

  nullableText(text: Buffer | undefined): void {
    this.int16(text?.length ?? -1);
    if (text !== undefined) this.#put(text);
  }

  batch({ messages, firstSequence = 0 }: ProducePartition, length: number, facts: BatchFacts): void {
    const start = this.#at;
    this.bytes.fill(0, start, start + 8);
    this.#at += 8;
    this.int32(length - 12);
    this.int32(0);
    this.bytes[this.#at++] = magic;
    this.#at += 4;
    this.int16(facts.attributes);
    this.int32(messages.length - 1);
    this.#put(facts.nowMs);
    this.#put(facts.nowMs);
    this.#put(facts.producerId);
    this.int16(facts.producerEpoch);
    this.int32(firstSequence);
    this.int32(messages.length);
    for (const [offsetDelta, message] of messages.entries()) this.#record(message, offsetDelta);
    this.bytes.writeUInt32BE(crc32c(this.bytes, start + batchHeadBytes, this.#at), start + batchHeadBytes - 4);
  }

  #record(message: ProduceMessage, offsetDelta: number): void {
    this.#varint(recordLength(message, offsetDelta));
    this.bytes[this.#at++] = 0;
    this.bytes[this.#at++] = 0;
    this.#varint(offsetDelta);
    this.#nullable(message.key);
    this.#nullable(message.value);
    const entries = message.headers === undefined ? [] : Object.entries(message.headers);
    this.#varint(entries.length);
    for (const [name, header] of entries) {
      this.#nullable(Buffer.from(name));
      this.#nullable(header);
    }
  }

  #nullable(part: unknown): void {
    if (part === null || part === undefined) {
      this.bytes[this.#at++] = 1;
      return;
    }
    this.#varint((part as Buffer).length);
    this.#put(part as Buffer);
  }

  #varint(value: number): void {
    let rest = value * 2;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.bytes[this.#at++] = rest;
  }

  #put(part: Buffer): void {
    this.bytes.set(part, this.#at);
    this.#at += part.length;
  }
}
