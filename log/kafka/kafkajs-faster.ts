import { createRequire } from 'node:module';
import { FetchedPartition } from './fetched-partition.ts';
import type { FetchedRecords } from './fetched-records.ts';
import { columnsOf, type KafkajsRecord } from './kafkajs-records.ts';
import { headRoomBytes, type ProduceRequest, produceRequestBody } from './produce-request.ts';
import { decodeRecordBatches } from './record-batches.ts';

/**
 * Puts our own code in the place of what in kafkajs (version 2.2.4, frozen) touches every record: decoding what was
 * fetched, the batch that it hands over, encoding what is sent, the copies that it makes of requests and answers. What is not as we write it (compressed, say) is decoded
 * and encoded by kafkajs still. Also mended by it: kafkajs takes the aborted transactions for sorted by their beginning
 * and begins at most one a record, so with overlapping ones, as a killed process leaves behind, it shows aborted records.
 * Runs once, when this module is loaded, before kafkajs itself is (`kafkajs.ts` sees to that).
 */

const require = createRequire(import.meta.url);
const inside = 'kafkajs/src/protocol';

interface FetchDecoder {
  readonly buffer: Buffer;
  readonly offset: number;
  forward(bytes: number): void;
}

function decodeFaster(): void {
  const path = require.resolve(`${inside}/requests/fetch/v4/decodeMessages.js`);
  const byKafkajs = require(path) as (decoder: FetchDecoder) => Promise<readonly KafkajsRecord[]>;
  const decode = async (decoder: FetchDecoder): Promise<FetchedRecords> => {
    const { buffer, offset } = decoder;
    const from = offset + 4;
    const size = from <= buffer.length ? buffer.readInt32BE(offset) : 0;
    if (size <= 0 || from + size > buffer.length) return columnsOf(await byKafkajs(decoder));
    const records = decodeRecordBatches(buffer.subarray(from, from + size));
    if (records === undefined) return columnsOf(await byKafkajs(decoder));
    decoder.forward(4 + size);
    return records;
  };
  require.cache[path]!.exports = decode;
}

interface Encoder {
  /** Of a body of ours: there is room for a head before it. */
  hasHeadRoom?: boolean;
  buf: Buffer;
  offset: number;
  readonly buffer: Buffer;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: unknown): Encoder;
  writeString(value: string | null): Encoder;
}

interface EncodedRequest {
  encode(): Promise<Encoder>;
}

const KafkajsEncoder = require(`${inside}/encoder.js`) as new (bytes: number) => Encoder;
const encoderOf = (bytes: Buffer): Encoder =>
  Object.assign(new KafkajsEncoder(1), { buf: bytes, offset: bytes.length });

function encodeFaster(): void {
  const path = require.resolve(`${inside}/requests/produce/v3/request.js`);
  const byKafkajs = require(path) as (request: ProduceRequest) => EncodedRequest;
  const int64 = (value: unknown): Buffer => new KafkajsEncoder(8).writeInt64(value).buffer;
  const request: typeof byKafkajs = (produce) => {
    const encoded = byKafkajs(produce);
    const encode = async (): Promise<Encoder> => {
      const body = produceRequestBody(produce, Date.now(), int64);
      return body === undefined ? encoded.encode() : Object.assign(encoderOf(body), { hasHeadRoom: true });
    };
    return { ...encoded, encode };
  };
  require.cache[path]!.exports = request;
}

interface RequestFacts {
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly request: EncodedRequest & { readonly apiKey: number; readonly apiVersion: number };
}

/** The head before a request: kafkajs copies all that follows it twice, into buffers that grow. */
function frameFaster(): void {
  const path = require.resolve(`${inside}/request.js`);
  require(path);
  const frame = async ({ correlationId, clientId, request }: RequestFacts): Promise<Encoder> => {
    const body = await request.encode();
    const head = new KafkajsEncoder(64)
      .writeInt32(0)
      .writeInt16(request.apiKey)
      .writeInt16(request.apiVersion)
      .writeInt32(correlationId)
      .writeString(clientId).buffer;
    const bytes = behind(head, body);
    bytes.writeInt32BE(bytes.length - 4);
    return encoderOf(bytes);
  };
  require.cache[path]!.exports = frame;
}

function behind(head: Buffer, body: Encoder): Buffer {
  const { buffer, byteOffset, length } = body.buffer;
  if (body.hasHeadRoom !== true || head.length > headRoomBytes) return Buffer.concat([head, body.buffer]);
  const bytes = Buffer.from(buffer, byteOffset - head.length, head.length + length);
  bytes.set(head);
  return bytes;
}

interface Connection {
  readonly authHandlers: unknown;
  readonly bytesBuffered: number;
  readonly requestQueue: { fulfillRequest(answer: { size: number; correlationId: number; payload: Buffer }): void };
}

/** A whole answer, as `whole-answers.ts` gives it, goes on without kafkajs joining it to the nothing that was left of the last. */
function receiveFaster(): void {
  const { prototype } = require('kafkajs/src/network/connection.js') as {
    prototype: { processData(this: Connection, received: Buffer): void };
  };
  const byKafkajs = prototype.processData;
  prototype.processData = function (received) {
    const isWhole = received.length >= 8 && received.readInt32BE(0) === received.length - 4;
    // While it authenticates, kafkajs takes answers in its own way.
    if (!isWhole || this.bytesBuffered > 0 || this.authHandlers) return byKafkajs.call(this, received);
    const [size, correlationId] = [received.length - 4, received.readInt32BE(4)];
    this.requestQueue.fulfillRequest({ size, correlationId, payload: received.subarray(8) });
  };
}

function handOverColumns(): void {
  const usedBy = require.resolve('kafkajs/src/consumer/consumerGroup.js');
  if (require.cache[usedBy] !== undefined)
    throw new Error('kafkajs is loaded already: import it from log/kafka/kafkajs.ts');
  const path = require.resolve('kafkajs/src/consumer/batch.js');
  require(path);
  require.cache[path]!.exports = FetchedPartition;
}

decodeFaster();
handOverColumns();
encodeFaster();
frameFaster();
receiveFaster();
